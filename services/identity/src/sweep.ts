import type { Clock } from '@portal/runtime';
import { retryLostRaces, self } from './commit.ts';
import type { Commit } from './commit.ts';
import { takeGrant } from './grant/domain.ts';
import type { GrantStore } from './grant/store.ts';
import type { IdentityMetrics } from './metrics.ts';
import { mirror, newPerson } from './person/domain.ts';
import type { PersonStore } from './person/store.ts';
import { forgetSession } from './session/domain.ts';
import type { SessionStore } from './session/store.ts';

export interface SweepInit {
  grants: GrantStore;
  people: PersonStore;
  sessions: SessionStore;
  commit: Commit;
  clock: Clock;
  metrics: IdentityMetrics;
}

const batch = 100;

/** Turns due dates into facts: grants that have run out are taken, revocations that nobody needs are forgotten. */
export function createSweep({ grants, people, sessions, commit, clock, metrics }: SweepInit): () => Promise<void> {
  return async () => {
    const now = clock.now();
    for (const { unitId, grantId, personId, username } of await grants.listExpired(now, batch)) {
      await retryLostRaces(async () => {
        const grant = await grants.find(unitId, grantId);
        if (grant === undefined) return;
        const person = (await people.find(personId)) ?? newPerson(personId, username);
        await commit([grants.change(takeGrant(grant)), people.change(mirror(person, now))], self);
        metrics.grantTaken(grant, self.actorId);
      });
    }
    for (const revocation of await sessions.listExpired(now, batch)) {
      await commit([sessions.change(forgetSession(revocation))], self);
    }
  };
}
