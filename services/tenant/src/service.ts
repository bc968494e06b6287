import { createServiceAuthz } from '@portal/authz';
import { tenantContract } from '@portal/contracts';
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

/** Puts the service together; nothing connects or listens before `start`. */
export async function createTenantService(config: TenantConfig, overrides: ServiceOverrides = {}): Promise<Service> {
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
  const topics = createTopics({ kafka, aggregates: [units.aggregate, bindings.aggregate, sites.aggregate] });
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
