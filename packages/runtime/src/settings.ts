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

// The project's settings.
export {
  explainSettings,
  loadSettings,
  type SettingExplanation,
  type SettingsRequest,
} from './settings/load-settings.ts'
export { type SettingFlags } from './settings/overrides.ts'
export { settingsSchema, type Settings, type SettingsFile } from './settings/settings.ts'
export { settingTable, type SettingRow } from './settings/setting-table.ts'

// Logs and metrics, for a project's own code.
export {
  createLogger,
  type LogFields,
  type Logger,
  type LoggerOptions,
  type LogLevel,
} from './logging/logger.ts'
export { createRedactor, type Redact } from './llm/redaction.ts'
export { createMetrics, type Meter, type Metrics } from './metrics/metrics.ts'
