import { inspect } from 'node:util';
import fc from 'fast-check';
import { z } from 'zod';
import { kafkaConfig, loadConfig, mongoConfig, oidcConfig, serverConfig } from '../src/index.ts';

const shape = { ...serverConfig, ...mongoConfig, ...kafkaConfig, ...oidcConfig };
const env = {
  GRPC_ADDRESS: '127.0.0.1:0',
  METRICS_ADDRESS: '[::1]:8081',
  MONGO_URL: 'mongodb://127.0.0.1:27017/?replicaSet=rs0',
  KAFKA_BROKERS: '127.0.0.1:9092, b.internal:9093',
  OIDC_ISSUER: 'http://localhost:8180/realms/portal',
};

test('keys are read by their upper snake name, with defaults where there is one', () => {
  expect(loadConfig(shape, env)).toEqual({
    grpcAddress: '127.0.0.1:0',
    metricsAddress: '[::1]:8081',
    logLevel: 'info',
    mongoUrl: 'mongodb://127.0.0.1:27017/?replicaSet=rs0',
    kafkaBrokers: ['127.0.0.1:9092', 'b.internal:9093'],
    topicPrefix: '',
    topicPartitions: 6,
    oidcIssuer: 'http://localhost:8180/realms/portal',
    oidcAudience: 'portal-api',
  });
  expect(loadConfig(shape, { ...env, TOPIC_PARTITIONS: '1', LOG_LEVEL: 'debug' })).toMatchObject({
    topicPartitions: 1,
    logLevel: 'debug',
  });
});

test('an empty value counts as absent', () => {
  expect(loadConfig(shape, { ...env, OIDC_AUDIENCE: '', MONGO_DATABASE: '' })).toMatchObject({
    oidcAudience: 'portal-api',
  });
  expect(() => loadConfig(shape, { ...env, GRPC_ADDRESS: '' })).toThrow(/GRPC_ADDRESS is missing/);
});

test('every key that is missing or wrong is named, together with what it should hold', () => {
  expect(() =>
    loadConfig(shape, { ...env, GRPC_ADDRESS: undefined, TOPIC_PARTITIONS: 'many', MONGO_URL: 'x' }),
  ).toThrow(
    'configuration: GRPC_ADDRESS is missing (host:port the gRPC server listens on; port 0 takes any free port); ' +
      'MONGO_URL is not valid (connection string of a replica set, mongodb:// or mongodb+srv://); ' +
      'TOPIC_PARTITIONS is not valid (partitions of topics this service creates; never raised afterwards, ' +
      'because order is per partition)',
  );
});

test('no wrong value is ever part of the message', () => {
  const keys = Object.keys(env) as (keyof typeof env)[];
  const hostileShape = {
    ...shape,
    custom: z
      .string()
      .refine(() => false, { error: (issue) => `refused ${String(issue.input)}` })
      .describe('nothing fits'),
  };
  fc.assert(
    fc.property(fc.constantFrom(...keys), fc.stringMatching(/^[A-Z0-9]{10,30}$/), (key, part) => {
      const value = `://${part}`;
      let message = '';
      try {
        loadConfig(hostileShape, { ...env, CUSTOM: value, [key]: value });
      } catch (error) {
        message = inspect(error);
      }
      expect(message).toContain(key);
      expect(message).toContain('CUSTOM');
      expect(message).not.toContain(part);
    }),
  );
});

test('a key without a description is refused, whatever the environment holds', () => {
  expect(() => loadConfig({ bare: z.string() }, { BARE: 'x' })).toThrow('config key bare has no description');
});

test.each(['', 'host', ':1', 'host:', 'host:99999', 'host:1:2', 'http://host:1', 'ho st:1', '::1:80', 'host:-1'])(
  '%j is not an address',
  (address) => {
    expect(() => loadConfig(serverConfig, { ...env, GRPC_ADDRESS: address })).toThrow(/GRPC_ADDRESS/);
  },
);
