import { isAppError } from '@portal/errors';
import type { Clock, Logger } from '@portal/runtime';
import { self } from './commit.ts';
import { isInForce, platformRole } from './grant/domain.ts';
import type { Give } from './grant/give.ts';
import type { Operators } from './operators/store.ts';
import type { GrantStore } from './grant/store.ts';

export interface BootstrapInit {
  /** Undefined: nobody. */
  username: string | undefined;
  grants: GrantStore;
  operators: Operators;
  give: Give;
  clock: Clock;
  log: Logger;
}

/**
 * Makes one person the first operator of the platform, since only operators make operators; once for ever, whoever is
 * named later. Called again and again by the reconciler; costs nothing once there is one. Throws what stands in the way.
 */
export function createBootstrap({ username, grants, operators, give, clock, log }: BootstrapInit): () => Promise<void> {
  let done = username === undefined;
  let waiting = false;

  return async () => {
    if (done || username === undefined) return;
    const holders = await grants.listByRole('', platformRole);
    if (!(await operators.exist()) && !holders.some((grant) => isInForce(grant, clock.now()))) {
      try {
        const scope = { role: platformRole, unitId: '', subtree: true, until: null };
        await give(username, scope, self, { along: [operators.firstMade()] });
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
