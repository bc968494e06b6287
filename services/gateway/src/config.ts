import { kafkaConfig, loadConfig, mongoConfig, oidcConfig, serverConfig } from '@portal/runtime';
import { z } from 'zod';

const { grpcAddress: address, metricsAddress, logLevel } = serverConfig;

const perSecond = z.coerce.number().int().min(1);

/** Throws an Error that names each environment key that is missing or wrong. */
export function readConfig() {
  return loadConfig({
    metricsAddress,
    logLevel,
    ...mongoConfig,
    ...kafkaConfig,
    ...oidcConfig,
    httpAddress: address.describe('host:port of the public HTTP server; port 0 takes any free port'),
    rootDomain: z
      .string()
      .regex(/^[a-z0-9-]+(\.[a-z0-9-]+)*$/)
      .describe('domain above all sites; quantri.<root domain> is the host of the administration and the API'),
    publicOrigin: z
      .string()
      .regex(/^https?:\/\/\*(:\d{1,5})?$/)
      .default('https://*')
      .describe('origin of public sites with * for the host, as people reach them: links in pages are made of it'),
    tenantAddress: address.describe('host:port of the tenant service'),
    identityAddress: address.describe('host:port of the identity service'),
    contentAddress: address.describe('host:port of the content service'),
    pageCacheMegabytes: z.coerce
      .number()
      .min(0)
      .default(64)
      .describe('memory for rendered pages, in megabytes; 0 keeps none'),
    publicRequestsPerSecond: perSecond
      .default(200)
      .describe('requests to public sites per second and address; a whole school is one address'),
    apiRequestsPerSecond: perSecond.default(100).describe('API calls per second and session'),
  });
}

export type GatewayConfig = ReturnType<typeof readConfig>;
