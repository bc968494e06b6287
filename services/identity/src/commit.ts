import { isAppError } from '@portal/errors';
import type { By, Store } from '@portal/events';

export type Commit = Store['commit'];

/** Work that no person asked for is done in the service's own name. */
export const self: By = { actorId: 'service:identity' };

const maxAttempts = 5;

/**
 * Runs load → decide → commit again when another commit came first: two administrators may work on the same person,
 * and so does the reconciler. Throws the last error after five attempts.
 */
export async function retryLostRaces<T>(attempt: () => Promise<T>): Promise<T> {
  for (let count = 1; ; count += 1) {
    try {
      return await attempt();
    } catch (error) {
      if (!isLostRace(error) || count === maxAttempts) throw error;
    }
  }
}

/**
 * Another commit came first: the version moved on, or what was to be new is there already. A WRITE_CONFLICT is none:
 * the store has tried for seconds, perhaps against a transaction that a dead process left open, for up to a minute.
 */
export function isLostRace(error: unknown): boolean {
  return isAppError(error) && (error.reason === 'STALE_VERSION' || error.reason === 'DUPLICATE');
}
