import type { Rpc } from '@portal/contracts';
import type { Logger } from './logger.ts';

/** On whose behalf a call runs. */
export type Actor =
  | { kind: 'anonymous' }
  | { kind: 'person'; personId: string; username: string; sessionId: string; secondFactor: boolean }
  | { kind: 'service'; name: string };

/** What is known of a call before anybody asked who is behind it. */
export interface UnauthenticatedCall {
  requestId: string;
  /** Milliseconds left until the answer must be out, 20 before the caller stops waiting; below zero when it is late. */
  deadlineMs(): number;
  /** Aborted when the caller cancels or the deadline passes: pass it on to whatever can stop early. */
  signal: AbortSignal;
  /** The calling service; empty when unknown. A claim until certificates carry it. */
  caller: string;
  /** The bearer token as it came, not yet verified; empty when there is none. */
  token: string;
  log: Logger;
}

/** What a handler knows of its call. */
export interface CallContext extends UnauthenticatedCall {
  actor: Actor;
}

/**
 * Decides by the rpc's access rule who is calling and whether they may.
 * Throws unauthenticated, permissionDenied, or notFound for what the caller may not know of.
 */
export type Authorize = (rpc: Rpc, request: Record<string, unknown>, call: UnauthenticatedCall) => Promise<Actor>;

/** Who causes what a call writes, as it goes along with the change: a person's id, `service:<name>` or `anonymous`. */
export function authorOf({ actor, requestId }: Pick<CallContext, 'actor' | 'requestId'>): {
  actorId: string;
  requestId: string;
} {
  if (actor.kind === 'person') return { actorId: actor.personId, requestId };
  return { actorId: actor.kind === 'service' ? `service:${actor.name}` : 'anonymous', requestId };
}
