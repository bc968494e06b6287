import type { By } from '@portal/events';
import type { Clock } from '@portal/runtime';
import { isLostRace } from '../commit.ts';
import type { Commit } from '../commit.ts';
import { revokeSession } from './domain.ts';
import type { SessionStore } from './store.ts';

/**
 * Makes the tokens of these sessions worthless on every instance. Safe to repeat; answers how many were good until
 * now. One commit per session: another process may be going through the same list.
 */
export type Revoke = (personId: string, sessionIds: readonly string[], by: By) => Promise<number>;

export interface RevokeInit {
  sessions: SessionStore;
  commit: Commit;
  clock: Clock;
}

export function createRevoke({ sessions, commit, clock }: RevokeInit): Revoke {
  return async (personId, sessionIds, by) => {
    const known = new Set(await sessions.listRevoked(sessionIds));
    let count = 0;
    for (const sessionId of sessionIds) {
      if (known.has(sessionId)) continue;
      try {
        await commit([sessions.change(revokeSession(sessionId, personId, clock.now()))], by);
        count += 1;
      } catch (error) {
        // Revoked by somebody else meanwhile: what we wanted.
        if (!isLostRace(error)) throw error;
      }
    }
    return count;
  };
}
