import { createAuthz, createAuthzTables, createTokenVerifier } from '@portal/authz';
import { tenantContract } from '@portal/contracts';
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
import type { TenantConfig } from './config.ts';
import { createDomainBindingHandlers } from './domain-binding/grpc.ts';
import { createDomainBindingStore } from './domain-binding/store.ts';
import { domainBindingEvents, siteEvents, unitEvents } from './events.ts';
import { createTenantMetrics } from './metrics.ts';
import { createSiteHandlers } from './site/grpc.ts';
import { createSiteStore } from './site/store.ts';
import { createUnitHandlers } from './unit/grpc.ts';
import { createUnitStore } from './unit/store.ts';

const name = 'tenant';

export interface TenantOverrides {
  clock?: Clock;
  newId?: () => string;
  log?: Logger;
}

/** Puts the service together; nothing connects or listens before `start`. */
export async function createTenantService(config: TenantConfig, overrides: TenantOverrides = {}): Promise<Service> {
  const {
    clock = systemClock,
    newId = randomId,
    log = createLogger({ service: name, level: config.logLevel }),
  } = overrides;
  const registry = createMetrics(name);
  const metrics = createTenantMetrics(registry);

  // Writing: documents and outbox in MongoDB, from there to Kafka.
  const mongo = createMongo({ url: config.mongoUrl, database: config.mongoDatabase ?? name, appName: name, log });
  const units = createUnitStore(mongo, unitEvents);
  const bindings = createDomainBindingStore(mongo, domainBindingEvents);
  const sites = createSiteStore(mongo, siteEvents);
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
      void kafka.ensureTopics(
        [units, bindings, sites].map(({ aggregate }) => ({ name: aggregate.topic, compacted: true })),
      ),
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
    implementations: [
      implement(tenantContract, {
        ...createUnitHandlers({ units, sites, commit, clock, newId, metrics }),
        ...createDomainBindingHandlers({ units, bindings, commit, clock, metrics }),
        ...createSiteHandlers({ sites, bindings, commit, clock, metrics }),
      }),
    ],
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
