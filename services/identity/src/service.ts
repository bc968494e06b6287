import { createAuthz, createAuthzTables, createTokenVerifier } from '@portal/authz';
import { identityContract, roleRules } from '@portal/contracts';
import { createFollower, createKafka, createRelay, createStore } from '@portal/events';
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
import type { Clock, Component, Logger, Service } from '@portal/runtime';
import { createBootstrap } from './bootstrap.ts';
import type { IdentityConfig } from './config.ts';
import { grantEvents, sessionEvents } from './events.ts';
import { createGive } from './grant/give.ts';
import { createGrantHandlers } from './grant/grpc.ts';
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

const service = 'identity';
const keycloakTimeoutMs = 3000;
/** Long enough for a round of work, short enough that another instance soon takes over from one that died. */
const leaseTtlMs = 15_000;

export interface IdentityOverrides {
  clock?: Clock;
  newId?: () => string;
  log?: Logger;
}

export async function createIdentityService(
  config: IdentityConfig,
  overrides: IdentityOverrides = {},
): Promise<Service> {
  const { clock = systemClock, newId = randomId, log = createLogger({ service, level: config.logLevel }) } = overrides;
  const metrics = createMetrics(service);
  const business = createIdentityMetrics(metrics, log);
  const rules = roleRules();

  const { mongoUrl: url, mongoDatabase: database = service } = config;
  const mongo = createMongo({ url, database, appName: service, log });
  const { kafkaBrokers: brokers, topicPrefix, topicPartitions: partitions } = config;
  const kafka = createKafka({ brokers, clientId: service, log, topicPrefix, partitions });
  const keycloak = createKeycloakAdmin({
    issuer: config.oidcIssuer,
    clientId: config.keycloakClientId,
    clientSecret: config.keycloakClientSecret,
    timeoutMs: keycloakTimeoutMs,
  });

  const grants = createGrantStore(mongo, grantEvents);
  const sessions = createSessionStore(mongo, sessionEvents);
  const people = createPersonStore(mongo);
  const { commit } = createStore({ mongo, service, clock, newId });
  const topics: Component = {
    name: 'topics',
    // In background: the service starts and takes writes while Kafka is down.
    start: async () =>
      void kafka.ensureTopics([grants, sessions].map(({ aggregate }) => ({ name: aggregate.topic, compacted: true }))),
    stop: () => kafka.stop(),
  };
  const relay = createRelay({ mongo, kafka, service, log, metrics });

  const tables = createAuthzTables();
  const follower = createFollower({
    kafka,
    mongo,
    service,
    name: 'authz',
    tables: Object.values(tables),
    log,
    metrics,
  });
  const verifier = createTokenVerifier({ issuer: config.oidcIssuer, audience: config.oidcAudience, log, clock });
  const authz = createAuthz({ verifier, tables, clock, ready: () => follower.ready() });

  const revoke = createRevoke({ sessions, commit, clock });
  const settle = createSettle({ grants, people, keycloak, revoke, commit, rules, clock, metrics: business });
  const settler = createSettler({ settle, log });
  const { settleSoon } = settler;
  const give = createGive({ grants, people, keycloak, commit, rules, clock, newId, metrics: business });
  const reconciler = createReconciler({
    lease: createLease({ mongo, name: 'reconciler', owner: randomId(), ttlMs: leaseTtlMs }),
    people,
    settle,
    jobs: {
      bootstrap: createBootstrap({ username: config.bootstrapOperator, grants, give, clock, log }),
      sweep: createSweep({ grants, people, sessions, commit, clock, metrics: business }),
    },
    clock,
    log,
  });

  const assertUnitExists = createUnitCheck(tables.units);
  const handlers = {
    ...createGrantHandlers({
      authz,
      grants,
      people,
      commit,
      give,
      settleSoon,
      assertUnitExists,
      rules,
      clock,
      metrics: business,
    }),
    ...createSessionHandlers({ grants, people, keycloak, commit, revoke, settleSoon, clock, metrics: business }),
  };
  const server = createGrpcServer({
    service,
    address: config.grpcAddress,
    implementations: [implement(identityContract, handlers)],
    authorize: authz.authorize,
    log,
    metrics,
  });

  const identity = createService({
    service,
    log,
    components: [
      createOpsServer({
        address: config.metricsAddress,
        metrics,
        live: () => true,
        ready: () => identity.readiness(),
      }),
      mongo,
      topics,
      relay,
      follower,
      reconciler,
      settler,
      server,
    ],
    address: () => server.address(),
    onReadyChange: (ready) => {
      server.setServing(ready);
    },
  });
  return identity;
}
