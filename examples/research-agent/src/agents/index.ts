// The service registers every agent that this file exports.
export { researchAgent } from "./research.ts";
