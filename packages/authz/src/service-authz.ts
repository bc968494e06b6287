import { createFollower } from '@portal/events';
import type { Follower, FollowerInit } from '@portal/events';
import type { Clock, Logger } from '@portal/runtime';
import { createAuthz } from './authz.ts';
import type { Authz } from './authz.ts';
import { createAuthzTables } from './tables.ts';
import type { AuthzTables } from './tables.ts';
import { createTokenVerifier } from './token-verifier.ts';

export interface ServiceAuthzInit extends Pick<FollowerInit, 'kafka' | 'mongo' | 'service' | 'metrics'> {
  /** Exactly as the tokens spell it. */
  issuer: string;
  audience: string;
  clock: Clock;
  log: Logger;
}

/** What a service needs to decide who may. */
export interface ServiceAuthz extends Authz {
  tables: AuthzTables;
  /** Keeps the tables as the topics say; belongs among the components of the service, before the gRPC server. */
  follower: Follower;
}

/** Token verification and the projections of grants, units and revoked sessions, put together as every service does. */
export function createServiceAuthz(init: ServiceAuthzInit): ServiceAuthz {
  const { kafka, mongo, service, issuer, audience, clock, log, metrics } = init;
  const tables = createAuthzTables();
  const follower = createFollower({
    kafka,
    mongo,
    service,
    name: 'authz',
    tables: Object.values(tables),
    log,
    ...(metrics && { metrics }),
  });
  // Token times are the issuer's: they count by the wall clock, whatever clock the service was given.
  const verifier = createTokenVerifier({ issuer, audience, log });
  const authz = createAuthz({ verifier, tables, clock, ready: () => follower.ready() });
  return { ...authz, tables, follower };
}
