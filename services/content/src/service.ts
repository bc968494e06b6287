import { createServiceAuthz } from '@portal/authz';
import { contentContract } from '@portal/contracts';
import { createKafka, createRelay, createStore, createTopics } from '@portal/events';
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
import type { Service, ServiceOverrides } from '@portal/runtime';
import type { ContentConfig } from './config.ts';
import { postEvents } from './events.ts';
import { createContentMetrics } from './metrics.ts';
import { createPostHandlers } from './post/grpc.ts';
import { createPostStore } from './post/store.ts';

const name = 'content';

/** Puts the service together; nothing connects or listens before `start`. */
export async function createContentService(config: ContentConfig, overrides: ServiceOverrides = {}): Promise<Service> {
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
  const topics = createTopics({ kafka, aggregates: [posts.aggregate] });
  const relay = createRelay({ mongo, kafka, service: name, log, metrics: registry });

  // Deciding who may: grants, units and revoked sessions, followed from Kafka.
  const { authorize, follower } = createServiceAuthz({
    kafka,
    mongo,
    service: name,
    issuer: config.oidcIssuer,
    audience: config.oidcAudience,
    clock,
    log,
    metrics: registry,
  });

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
