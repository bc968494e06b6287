/** A session whose tokens no service accepts any more. */
export interface Revocation {
  /** `sid` of the tokens. */
  readonly sessionId: string;
  readonly personId: string;
  /** From here on every token of the session has run out by itself. */
  readonly until: Date;
  /** Number of this state. */
  readonly version: number;
}

export type RevocationFact = 'revoked' | 'expired';

export interface RevocationDecision {
  readonly revocation: Revocation;
  readonly facts: readonly RevocationFact[];
}

/** No token outlives its session, and the realm ends a session after ten hours (`ssoSessionMaxLifespan`). */
const sessionMaxMs = 12 * 60 * 60_000;

export function revokeSession(sessionId: string, personId: string, now: Date): RevocationDecision {
  const until = new Date(now.getTime() + sessionMaxMs);
  return { revocation: { sessionId, personId, until, version: 1 }, facts: ['revoked'] };
}

/** No token of the session is alive any more, so nobody needs to know of it. */
export function forgetSession(revocation: Revocation): RevocationDecision {
  return { revocation, facts: ['expired'] };
}
