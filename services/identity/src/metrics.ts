import type { Logger, Metrics } from '@portal/runtime';

interface Grant {
  grantId: string;
  personId: string;
  role: string;
  unitId: string;
}

/** One function per thing that happened: counter and log line together, so that they cannot drift apart. */
export interface IdentityMetrics {
  grantGiven(grant: Grant, actorId: string): void;
  grantTaken(grant: Grant, actorId: string): void;
  sessionsRevoked(personId: string, count: number): void;
  /** Work at Keycloak that will be tried again. */
  settlingFailed(personId: string, error: unknown): void;
}

export function createIdentityMetrics(metrics: Metrics, log: Logger): IdentityMetrics {
  const given = metrics.counter('portal_identity_grants_given_total', 'Grants given', ['role']);
  const taken = metrics.counter('portal_identity_grants_taken_total', 'Grants taken or run out', ['role']);
  const revoked = metrics.counter('portal_identity_sessions_revoked_total', 'Sessions whose tokens were revoked');
  const failed = metrics.counter('portal_identity_settlings_failed_total', 'Rounds of work at Keycloak that failed');

  const fields = (grant: Grant, actorId: string) => ({
    grantId: grant.grantId,
    personId: grant.personId,
    role: grant.role,
    unit: grant.unitId,
    actorId,
  });

  return {
    grantGiven(grant, actorId) {
      given.inc({ role: grant.role });
      log.info(fields(grant, actorId), 'grant given');
    },
    grantTaken(grant, actorId) {
      taken.inc({ role: grant.role });
      log.info(fields(grant, actorId), 'grant taken');
    },
    sessionsRevoked(personId, count) {
      revoked.inc(count);
      log.info({ personId, count }, 'sessions revoked');
    },
    settlingFailed(personId, error) {
      failed.inc();
      log.warn({ personId, err: error }, 'work at Keycloak postponed');
    },
  };
}
