import { kafkaConfig, loadConfig, mongoConfig, oidcConfig, serverConfig } from '@portal/runtime';
import { z } from 'zod';

const shape = {
  ...serverConfig,
  ...mongoConfig,
  ...kafkaConfig,
  ...oidcConfig,
  keycloakClientId: z
    .string()
    .min(1)
    .default('identity-service')
    .describe('client whose service account may manage users of the realm'),
  keycloakClientSecret: z.string().min(1).describe('secret of that client'),
  bootstrapOperator: z
    .string()
    .regex(/^[a-z0-9][a-z0-9._@-]{0,99}$/)
    .optional()
    .describe('user name that becomes the first operator of the platform, once for ever; nobody when absent'),
};

export type IdentityConfig = ReturnType<typeof readConfig>;

/** Throws an Error that names what is missing or wrong. */
export function readConfig(env?: Record<string, string | undefined>) {
  return loadConfig(shape, env);
}
