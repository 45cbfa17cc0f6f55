import preset from './jest.preset.js'

/**
 * All packages in one run, so that there is one summary and the cores are shared fairly. The time limit is the run's to
 * set: jest does not take it from a project.
 */
export default {
  projects: ['<rootDir>/packages/*', '<rootDir>/test'],
  maxWorkers: 2,
  testTimeout: preset.testTimeout,
}
