import { z } from 'zod';
import { findAddressParts } from './address.ts';

type Env = Readonly<Record<string, string | undefined>>;

const address = z.string().refine((value) => findAddressParts(value) !== undefined);

/** Keys of every service. Shapes are spread into one schema per service, in its config.ts. */
export const serverConfig = {
  grpcAddress: address.describe('host:port the gRPC server listens on; port 0 takes any free port'),
  metricsAddress: address.describe('host:port of /metrics, /healthz and /readyz; never reachable from outside'),
  logLevel: z
    .enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal'])
    .default('info')
    .describe('least severe level that is logged: trace, debug, info, warn, error or fatal'),
};

export const mongoConfig = {
  mongoUrl: z
    .string()
    .regex(/^mongodb(\+srv)?:\/\//)
    .describe('connection string of a replica set, mongodb:// or mongodb+srv://'),
  mongoDatabase: z
    .string()
    .regex(/^[a-z][a-z0-9_-]{0,62}$/)
    .optional()
    .describe('database of this service; the name of the service when absent'),
};

export const kafkaConfig = {
  kafkaBrokers: z
    .string()
    .transform((list) => list.split(',').map((broker) => broker.trim()))
    .refine((brokers) => brokers.every((broker) => findAddressParts(broker) !== undefined))
    .describe('brokers to start from, host:port separated by commas'),
  topicPrefix: z
    .string()
    .regex(/^[a-zA-Z0-9._-]{0,100}$/)
    .default('')
    .describe('put before every topic name, so that several stacks can share a broker'),
  topicPartitions: z.coerce
    .number()
    .int()
    .min(1)
    .max(1000)
    .default(6)
    .describe('partitions of topics this service creates; never raised afterwards, because order is per partition'),
};

export const oidcConfig = {
  oidcIssuer: z
    .url({ protocol: /^https?$/ })
    .describe('issuer of access tokens, spelled exactly as in their iss claim'),
  oidcAudience: z.string().min(1).default('portal-api').describe('audience that access tokens must name'),
};

/**
 * Reads the keys of `shape` from the environment: `grpcAddress` is `GRPC_ADDRESS`; an empty value counts as absent.
 * Throws one Error that names every key that is missing or wrong and what it should hold, and never the value:
 * it may be a secret and the message goes to the log.
 */
export function loadConfig<S extends z.ZodRawShape>(
  shape: S,
  env: Env = process.env,
): Readonly<z.infer<z.ZodObject<S>>> {
  const raw: Record<string, string> = {};
  for (const [key, schema] of Object.entries(shape)) {
    if (!z.globalRegistry.get(schema)?.description) throw new Error(`config key ${key} has no description`);
    const value = env[envName(key)];
    if (value !== undefined && value !== '') raw[key] = value;
  }
  const result = z.object(shape).safeParse(raw);
  if (result.success) return Object.freeze(result.data);
  const keys = new Set(result.error.issues.map((issue) => String(issue.path[0])));
  const problems = [...keys].map((key) => {
    const problem = key in raw ? 'is not valid' : 'is missing';
    return `${envName(key)} ${problem} (${z.globalRegistry.get(shape[key] as z.ZodType)?.description ?? ''})`;
  });
  throw new Error(`configuration: ${problems.join('; ')}`);
}

function envName(key: string): string {
  return key.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();
}
