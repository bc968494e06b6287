import { createServiceAuthz } from '@portal/authz';
import { identityContract, roleRules } from '@portal/contracts';
import { createKafka, createRelay, createStore, createTopics } from '@portal/events';
import { createLease, createMongo } from '@portal/mongo';
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
import { createBootstrap } from './bootstrap.ts';
import type { IdentityConfig } from './config.ts';
import { grantEvents, sessionEvents } from './events.ts';
import { createGive } from './grant/give.ts';
import { createGrantHandlers } from './grant/grpc.ts';
import { createOperators } from './operators/store.ts';
import { createGrantStore } from './grant/store.ts';
import { createKeycloakAdmin } from './keycloak/admin.ts';
import { createIdentityMetrics } from './metrics.ts';
import { createPersonStore } from './person/store.ts';
import { createReconciler } from './reconciler.ts';
import { createSessionHandlers } from './session/grpc.ts';
import { createRevoke } from './session/revoke.ts';
import { createSessionStore } from './session/store.ts';
import { createSettle } from './settle.ts';
import { createSettler } from './settler.ts';
import { createSweep } from './sweep.ts';
import { createUnitCheck } from './unit-check.ts';

const name = 'identity';
const keycloakTimeoutMs = 3000;
/** Long enough for a round of work, short enough that another instance soon takes over from one that died. */
const leaseTtlMs = 15_000;

/** Puts the service together; nothing connects or listens before `start`. */
export async function createIdentityService(
  config: IdentityConfig,
  overrides: ServiceOverrides = {},
): Promise<Service> {
  const {
    clock = systemClock,
    newId = randomId,
    log = createLogger({ service: name, level: config.logLevel }),
  } = overrides;
  const registry = createMetrics(name);
  const metrics = createIdentityMetrics(registry, log);
  const rules = roleRules();

  // Writing: documents and outbox in MongoDB, from there to Kafka.
  const mongo = createMongo({ url: config.mongoUrl, database: config.mongoDatabase ?? name, appName: name, log });
  const grants = createGrantStore(mongo, grantEvents);
  const sessions = createSessionStore(mongo, sessionEvents);
  const people = createPersonStore(mongo);
  const operators = createOperators(mongo, grants);
  const { commit } = createStore({ mongo, clock, newId });
  const kafka = createKafka({
    brokers: config.kafkaBrokers,
    clientId: name,
    topicPrefix: config.topicPrefix,
    partitions: config.topicPartitions,
    log,
  });
  const topics = createTopics({ kafka, aggregates: [grants.aggregate, sessions.aggregate] });
  const relay = createRelay({ mongo, kafka, service: name, log, metrics: registry });

  // Deciding who may: grants, units and revoked sessions, followed from Kafka, the own ones too.
  const { follower, tables, ...authz } = createServiceAuthz({
    kafka,
    mongo,
    service: name,
    issuer: config.oidcIssuer,
    audience: config.oidcAudience,
    clock,
    log,
    metrics: registry,
  });

  // Keycloak: what was decided is done there by whoever gets to it first, this call or the reconciler.
  const keycloak = createKeycloakAdmin({
    issuer: config.oidcIssuer,
    clientId: config.keycloakClientId,
    clientSecret: config.keycloakClientSecret,
    timeoutMs: keycloakTimeoutMs,
  });
  const revoke = createRevoke({ sessions, commit, clock });
  const settle = createSettle({ grants, people, keycloak, revoke, commit, rules, clock, metrics });
  const settler = createSettler({ settle, log });
  const give = createGive({ grants, people, keycloak, commit, rules, clock, newId, metrics });
  const reconciler = createReconciler({
    lease: createLease({ mongo, name: 'reconciler', owner: randomId(), ttlMs: leaseTtlMs }),
    people,
    settle,
    jobs: {
      bootstrap: createBootstrap({ username: config.bootstrapOperator, grants, operators, give, clock, log }),
      sweep: createSweep({ grants, people, sessions, commit, clock, metrics }),
    },
    clock,
    log,
  });

  const { settleSoon } = settler;
  const assertUnitExists = createUnitCheck(tables.units);
  const server = createGrpcServer({
    service: name,
    address: config.grpcAddress,
    implementations: [
      implement(identityContract, {
        ...createGrantHandlers({
          authz,
          grants,
          people,
          operators,
          commit,
          give,
          settleSoon,
          assertUnitExists,
          rules,
          clock,
          metrics,
        }),
        ...createSessionHandlers({
          authz,
          grants,
          people,
          keycloak,
          commit,
          revoke,
          settleSoon,
          rules,
          clock,
          metrics,
        }),
      }),
    ],
    authorize: authz.authorize,
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
    components: [ops, mongo, topics, relay, follower, reconciler, settler, server],
    address: () => server.address(),
    onReadyChange: (ready) => server.setServing(ready),
  });
  return service;
}
