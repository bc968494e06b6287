import { createAuthz, createAuthzTables, createTokenVerifier } from '@portal/authz';
import { contentContract } from '@portal/contracts';
import { createFollower, createKafka, createRelay, createStore } from '@portal/events';
import { createMongo } from '@portal/mongo';
import {
  createGrpcServer,
  createLogger,
  createMetrics,
  createOpsServer,
  createService,
  implement,
  newId as randomId,
  systemClock,
} from '@portal/runtime';
import type { Clock, Component, Logger, Service } from '@portal/runtime';
import type { ContentConfig } from './config.ts';
import { postEvents } from './events.ts';
import { createContentMetrics } from './metrics.ts';
import { createPostHandlers } from './post/grpc.ts';
import { createPostStore } from './post/store.ts';

const name = 'content';

export interface ContentOverrides {
  clock?: Clock;
  newId?: () => string;
  log?: Logger;
}

/** Puts the service together; nothing connects or listens before `start`. */
export async function createContentService(config: ContentConfig, overrides: ContentOverrides = {}): Promise<Service> {
  const {
    clock = systemClock,
    newId = randomId,
    log = createLogger({ service: name, level: config.logLevel }),
  } = overrides;
  const registry = createMetrics(name);
  const metrics = createContentMetrics(registry);

  // Writing: documents and outbox in MongoDB, from there to Kafka.
  const mongo = createMongo({ url: config.mongoUrl, database: config.mongoDatabase ?? name, appName: name, log });
  const posts = createPostStore(mongo, postEvents);
  const { commit } = createStore({ mongo, clock, newId });
  const kafka = createKafka({
    brokers: config.kafkaBrokers,
    clientId: name,
    topicPrefix: config.topicPrefix,
    partitions: config.topicPartitions,
    log,
  });
  const topics: Component = {
    name: 'topics',
    // In background: the service starts and takes writes while Kafka is down.
    start: async () =>
      void kafka.ensureTopics([posts].map(({ aggregate }) => ({ name: aggregate.topic, compacted: true }))),
    stop: () => kafka.stop(),
  };
  const relay = createRelay({ mongo, kafka, service: name, log, metrics: registry });

  // Deciding who may: grants, units and revoked sessions, followed from Kafka.
  const tables = createAuthzTables();
  const follower = createFollower({
    kafka,
    mongo,
    service: name,
    name: 'authz',
    tables: Object.values(tables),
    log,
    metrics: registry,
  });
  const verifier = createTokenVerifier({ issuer: config.oidcIssuer, audience: config.oidcAudience, log });
  const { authorize } = createAuthz({ verifier, tables, clock, ready: () => follower.ready() });

  const server = createGrpcServer({
    service: name,
    address: config.grpcAddress,
    implementations: [implement(contentContract, createPostHandlers({ posts, commit, clock, newId, metrics }))],
    authorize,
    log,
    metrics: registry,
  });

  const ops = createOpsServer({
    address: config.metricsAddress,
    metrics: registry,
    live: () => true,
    ready: () => service.readiness(),
  });
  const service = createService({
    service: name,
    log,
    components: [ops, mongo, topics, relay, follower, server],
    address: () => server.address(),
    onReadyChange: (ready) => server.setServing(ready),
  });
  return service;
}
