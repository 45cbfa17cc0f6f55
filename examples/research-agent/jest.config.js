/** Native ES modules; TypeScript through esbuild, so that tests start in milliseconds. */
export default {
  testEnvironment: "node",
  testMatch: ["<rootDir>/tests/**/*.test.ts"],
  extensionsToTreatAsEsm: [".ts"],
  transform: { "\\.ts$": "@rgen/runtime/jest-transform" },
  injectGlobals: false,
  passWithNoTests: true,
  // For the time that a real engine takes, when the environment names one.
  testTimeout: 60_000,
};
