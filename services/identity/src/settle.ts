import { isAppError } from '@portal/errors';
import type { Clock } from '@portal/runtime';
import { retryLostRaces, self } from './commit.ts';
import type { Commit } from './commit.ts';
import { isInForce } from './grant/domain.ts';
import type { GrantStore } from './grant/store.ts';
import type { KeycloakAdmin } from './keycloak/admin.ts';
import { grantsAttribute, realmRoleChanges } from './keycloak/mirror.ts';
import type { RealmRoleRules } from './keycloak/mirror.ts';
import type { IdentityMetrics } from './metrics.ts';
import { claim, finish, isDue, postpone, startOver } from './person/domain.ts';
import type { Person } from './person/domain.ts';
import type { PersonStore } from './person/store.ts';
import type { Revoke } from './session/revoke.ts';

export interface SettleInit {
  grants: GrantStore;
  people: PersonStore;
  keycloak: KeycloakAdmin;
  revoke: Revoke;
  commit: Commit;
  rules: RealmRoleRules;
  clock: Clock;
  metrics: IdentityMetrics;
}

/**
 * Brings Keycloak to what was decided here, one person at a time: ends sessions, mirrors the grants. Whatever Keycloak
 * does, it does not reject: the work is postponed and found again by the reconciler. Throws STORE_UNAVAILABLE.
 */
export type Settle = (personId: string) => Promise<void>;

export function createSettle(init: SettleInit): Settle {
  const { people, commit, clock, metrics } = init;

  /** False when another commit came first. */
  const save = async (person: Person): Promise<boolean> => {
    try {
      await commit([people.change(person)], self);
      return true;
    } catch (error) {
      if (isAppError(error) && error.kind === 'ABORTED') return false;
      throw error;
    }
  };

  /** Undefined when nothing is due or another process is at it. */
  const claimPerson = async (personId: string): Promise<Person | undefined> => {
    const now = clock.now();
    const person = await people.find(personId);
    if (person === undefined || !isDue(person, now)) return undefined;
    const claimed = claim(person, now);
    return (await save(claimed)) ? claimed : claimPerson(personId);
  };

  /** Gives the claim back, whatever was asked for meanwhile. */
  const release = (personId: string, change: (person: Person) => Person): Promise<void> =>
    retryLostRaces(async () => {
      const person = await people.find(personId);
      if (person !== undefined) await commit([people.change(change(person))], self);
    });

  return async (personId) => {
    for (;;) {
      const person = await claimPerson(personId);
      if (person === undefined) return;
      try {
        await work(person, init);
      } catch (error) {
        metrics.settlingFailed(personId, error);
        await release(personId, (latest) => postpone(latest, clock.now()));
        return;
      }
      if (await save(finish(person, clock.now()))) return;
      await release(personId, startOver);
    }
  };
}

async function work(person: Person, { grants, keycloak, revoke, rules, clock, metrics }: SettleInit): Promise<void> {
  const { personId } = person;
  if (person.endSessions) {
    const sessionIds = (await keycloak.listSessions(personId)) ?? [];
    // Our own word first: it counts within a second, Keycloak's only at the session's next refresh.
    metrics.sessionsRevoked(personId, await revoke(personId, sessionIds, self));
    for (const sessionId of sessionIds) await keycloak.endSession(sessionId);
  }
  if (person.mirror) {
    const now = clock.now();
    const inForce = (await grants.listOfPerson(personId)).filter((grant) => isInForce(grant, now));
    const held = await keycloak.listRealmRoles(personId);
    // Deleted at Keycloak: there is nothing to mirror to.
    if (held === undefined) return;
    const { add, remove } = realmRoleChanges(inForce, held, rules);
    await keycloak.addRealmRoles(personId, add);
    await keycloak.removeRealmRoles(personId, remove);
    await keycloak.setGrantsAttribute(personId, grantsAttribute(inForce));
  }
}
