import { isAppError } from '@portal/errors';
import type { Change } from '@portal/events';
import type { Actor, CallContext } from '@portal/runtime';

export interface By {
  actorId: string;
  requestId?: string;
}

/** The store's only function that writes: all changes or none. */
export type Commit = (changes: Change[], by: By) => Promise<void>;

/** Work that no person asked for is done in the service's own name. */
export const self: By = { actorId: 'service:identity' };

export function byOf({ actor, requestId }: Pick<CallContext, 'actor' | 'requestId'>): By {
  return { actorId: actorIdOf(actor), requestId };
}

function actorIdOf(actor: Actor): string {
  if (actor.kind === 'person') return actor.personId;
  return actor.kind === 'service' ? `service:${actor.name}` : 'anonymous';
}

const maxAttempts = 5;

/**
 * Runs load → decide → commit again when another commit came first (ABORTED): two administrators may work on the same
 * person, and so does the reconciler. Throws the last error after five attempts.
 */
export async function retryLostRaces<T>(attempt: () => Promise<T>): Promise<T> {
  for (let count = 1; ; count += 1) {
    try {
      return await attempt();
    } catch (error) {
      if (!isAppError(error) || error.kind !== 'ABORTED' || count === maxAttempts) throw error;
    }
  }
}
