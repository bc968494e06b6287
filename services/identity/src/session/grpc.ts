import type { Handlers } from '@portal/contracts';
import type { IdentityServiceDefinition } from '@portal/contracts/identity/v1/IdentityService';
import { notFound } from '@portal/errors';
import { authorOf } from '@portal/runtime';
import type { CallContext, Clock } from '@portal/runtime';
import { retryLostRaces } from '../commit.ts';
import type { Commit } from '../commit.ts';
import { isInForce } from '../grant/domain.ts';
import type { GrantStore } from '../grant/store.ts';
import type { KeycloakAdmin } from '../keycloak/admin.ts';
import type { IdentityMetrics } from '../metrics.ts';
import { endSessions, newPerson } from '../person/domain.ts';
import type { PersonStore } from '../person/store.ts';
import type { Revoke } from './revoke.ts';

interface SessionDeps {
  grants: GrantStore;
  people: PersonStore;
  keycloak: KeycloakAdmin;
  commit: Commit;
  revoke: Revoke;
  settleSoon: (personId: string, call: CallContext) => Promise<void>;
  clock: Clock;
  metrics: IdentityMetrics;
}

type SessionHandlers = Pick<Handlers<IdentityServiceDefinition, CallContext>, 'revokeSessions'>;

export function createSessionHandlers(deps: SessionDeps): SessionHandlers {
  const { grants, people, keycloak, commit, revoke, clock, metrics } = deps;

  return {
    async revokeSessions({ unitId, personId }, call) {
      const now = clock.now();
      const ofPerson = await grants.listOfPerson(personId);
      const held = ofPerson.find((grant) => grant.unitId === unitId && isInForce(grant, now));
      if (held === undefined) throw personNotFound(personId);

      // Asked before anything is written: without Keycloak nobody knows which sessions there are.
      const sessionIds = (await keycloak.listSessions(personId)) ?? [];
      const by = authorOf(call);
      await retryLostRaces(async () => {
        const person = (await people.find(personId)) ?? newPerson(personId, held.username);
        await commit([people.change(endSessions(person, now))], by);
      });
      const revokedCount = await revoke(personId, sessionIds, by);
      metrics.sessionsRevoked(personId, revokedCount);
      await deps.settleSoon(personId, call);
      return { revokedCount };
    },
  };
}

function personNotFound(personId: string) {
  return notFound('PERSON_NOT_FOUND', { message: `person ${personId} not found`, metadata: { personId } });
}
