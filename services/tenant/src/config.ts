import { kafkaConfig, loadConfig, mongoConfig, oidcConfig, serverConfig } from '@portal/runtime';

/** Throws an Error that names each environment key that is missing or wrong. */
export function readConfig() {
  return loadConfig({ ...serverConfig, ...mongoConfig, ...kafkaConfig, ...oidcConfig });
}

export type TenantConfig = ReturnType<typeof readConfig>;
