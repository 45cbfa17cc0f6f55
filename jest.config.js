/** All packages in one run, so that there is one summary and the cores are shared fairly. */
export default { projects: ['<rootDir>/packages/*', '<rootDir>/test'], maxWorkers: 2 }
