// Configuration files: reading, checking, and telling what is wrong with them.
export { ConfigError, type ConfigErrorCode, type ConfigProblem } from './config/config-error.ts'
export { didYouMean } from './config/did-you-mean.ts'
export { type Environment } from './config/interpolate.ts'
export { loadConfigDocument, loadConfigFile, type ConfigFile } from './config/load-config.ts'
export {
  parseConfig,
  parseConfigDocument,
  type ConfigDocument,
  type ConfigSource,
} from './config/parse-config.ts'
