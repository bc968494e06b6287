import { isAppError } from '@portal/errors';
import type { Clock, Logger } from '@portal/runtime';
import { self } from './commit.ts';
import { isInForce, platformRole } from './grant/domain.ts';
import type { Give } from './grant/give.ts';
import type { GrantStore } from './grant/store.ts';

export interface BootstrapInit {
  /** Undefined: nobody. */
  username: string | undefined;
  grants: GrantStore;
  give: Give;
  clock: Clock;
  log: Logger;
}

/**
 * Makes one person operator of the platform while there is none, since only operators make operators. Called again and
 * again by the reconciler; costs nothing once there is one. Throws what stands in the way.
 */
export function createBootstrap({ username, grants, give, clock, log }: BootstrapInit): () => Promise<void> {
  let done = username === undefined;
  let waiting = false;

  return async () => {
    if (done || username === undefined) return;
    const operators = await grants.listByRole('', platformRole);
    if (!operators.some((grant) => isInForce(grant, clock.now()))) {
      try {
        await give(username, { role: platformRole, unitId: '', subtree: true, until: null }, self);
      } catch (error) {
        if (!isAppError(error) || error.reason !== 'PERSON_NOT_FOUND') throw error;
        // The account is made by hand or by another program, perhaps after us: said once, tried on.
        if (!waiting) log.warn({ username }, 'bootstrap operator has no account yet');
        waiting = true;
        return;
      }
    }
    done = true;
  };
}
