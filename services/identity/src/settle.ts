import type { Clock } from '@portal/runtime';
import { isLostRace, retryLostRaces, self } from './commit.ts';
import type { Commit } from './commit.ts';
import { isInForce } from './grant/domain.ts';
import type { GrantStore } from './grant/store.ts';
import type { KeycloakAdmin } from './keycloak/admin.ts';
import { grantsAttribute, realmRoleChanges } from './keycloak/mirror.ts';
import type { RealmRoleRules } from './keycloak/mirror.ts';
import type { IdentityMetrics } from './metrics.ts';
import { claim, finish, isClaimed, isDue, postpone, startOver } from './person/domain.ts';
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
 * does, it does not reject: the work is postponed and found again by the reconciler. Answers `elsewhere` where another
 * process was first and may not have finished. Throws what the store throws.
 */
export type Settle = (personId: string) => Promise<'here' | 'elsewhere'>;

export function createSettle(init: SettleInit): Settle {
  const { people, commit, clock, metrics } = init;

  /** False when another commit came first. */
  const save = async (person: Person): Promise<boolean> => {
    try {
      await commit([people.change(person)], self);
      return true;
    } catch (error) {
      if (isLostRace(error)) return false;
      throw error;
    }
  };

  /** `claimed` by somebody else, or changed at this very moment. */
  const claimPerson = async (personId: string): Promise<Person | 'nothing due' | 'claimed'> => {
    const now = clock.now();
    const person = await people.find(personId);
    if (person !== undefined && isClaimed(person, now)) return 'claimed';
    if (person === undefined || !isDue(person, now)) return 'nothing due';
    const mine = claim(person, now);
    return (await save(mine)) ? mine : 'claimed';
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
      if (person === 'nothing due') return 'here';
      if (person === 'claimed') return 'elsewhere';
      try {
        await work(person, init);
      } catch (error) {
        metrics.settlingFailed(personId, error);
        await release(personId, (latest) => postpone(latest, clock.now()));
        return 'here';
      }
      if (await save(finish(person, clock.now()))) return 'here';
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
