import { newId } from './ids.ts';

const requestIdPattern = /^[A-Za-z0-9_-]{1,64}$/;

/**
 * The request id a caller brought if it is 1 to 64 of `A-Z a-z 0-9 _ -`, else a new one: what a stranger wrote
 * must not reach logs and headers as it is.
 */
export function acceptRequestId(offered: unknown): string {
  return typeof offered === 'string' && requestIdPattern.test(offered) ? offered : newId();
}
