/**
 * The configuration: one JSON file, read once at boot, checked whole, frozen. It constructs nothing and holds no secret,
 * only the paths of their files.
 */
export { loadConfig, parseConfig, type Config } from './config.ts';
export { ConfigError, type ConfigErrorCode } from './config-error.ts';
