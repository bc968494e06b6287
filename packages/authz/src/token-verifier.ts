import { AppError, unauthenticated } from '@portal/errors';
import { systemClock } from '@portal/runtime';
import type { Clock, Logger } from '@portal/runtime';
import { errors, jwtVerify } from 'jose';
import type { JWTPayload } from 'jose';
import { createIssuerKeys } from './issuer-keys.ts';

/** Our tokens have about 1,000 characters; more than this is not looked at. */
const maxTokenLength = 16_384;
/** Two machines' clocks may differ by this much. */
const clockToleranceS = 5;
/** Values of `amr` (RFC 8176) that stand for more than a password. */
const secondFactors: ReadonlySet<unknown> = new Set(['otp', 'hwk', 'mfa']);

export interface VerifiedToken {
  /** `sub` */
  personId: string;
  username: string;
  /** `sid` */
  sessionId: string;
  secondFactor: boolean;
  expiresAt: Date;
}

export interface TokenVerifier {
  /**
   * Throws UNAUTHENTICATED `TOKEN_INVALID` or `TOKEN_EXPIRED`; UNAVAILABLE `IDENTITY_PROVIDER_UNAVAILABLE` where the
   * issuer's keys are needed and cannot be had.
   */
  verify(token: string): Promise<VerifiedToken>;
}

export interface TokenVerifierOptions {
  /** Exactly as the tokens spell it. */
  issuer: string;
  audience: string;
  log: Logger;
  fetchTimeoutMs?: number;
  /** A token with an unknown key id asks the issuer for its keys at most this often. */
  cooldownMs?: number;
  clock?: Clock;
}

/** Verifies a person's access token: signature (RS256 only), issuer, audience, times, and that it is a session's. */
export function createTokenVerifier(options: TokenVerifierOptions): TokenVerifier {
  const { issuer, audience, log, fetchTimeoutMs = 3000, cooldownMs = 2000, clock = systemClock } = options;
  const keys = createIssuerKeys({ url: `${issuer}/protocol/openid-connect/certs`, log, fetchTimeoutMs, cooldownMs });

  return {
    async verify(token) {
      if (token.length > maxTokenLength) throw unauthenticated('TOKEN_INVALID', { message: 'token too long' });
      try {
        const { payload } = await jwtVerify(token, keys, {
          issuer,
          audience,
          // Pinned: neither `none` nor an HMAC made with the public key is ever considered.
          algorithms: ['RS256'],
          clockTolerance: clockToleranceS,
          currentDate: clock.now(),
          requiredClaims: ['sub', 'sid', 'exp'],
        });
        return read(payload);
      } catch (cause) {
        if (cause instanceof AppError) throw cause;
        if (cause instanceof errors.JWTExpired) throw unauthenticated('TOKEN_EXPIRED', { message: cause.message });
        if (cause instanceof errors.JOSEError) {
          throw unauthenticated('TOKEN_INVALID', { message: `${cause.code}: ${cause.message}`, cause });
        }
        throw cause;
      }
    },
  };
}

function read(payload: JWTPayload): VerifiedToken {
  const { sub, sid, exp, amr, typ, preferred_username: username } = payload;
  if (!isId(sub) || !isId(sid) || exp === undefined) throw invalid('sub, sid or exp is not what a session carries');
  // Keycloak signs identity and logout tokens with the same key.
  if (typ !== undefined && typ !== 'Bearer') throw invalid('not an access token');
  return {
    personId: sub,
    username: typeof username === 'string' ? username : '',
    sessionId: sid,
    secondFactor: Array.isArray(amr) && amr.some((method) => secondFactors.has(method)),
    expiresAt: new Date(exp * 1000),
  };
}

function isId(value: unknown): value is string {
  return typeof value === 'string' && value.length > 0 && value.length <= 128;
}

function invalid(message: string): AppError {
  return unauthenticated('TOKEN_INVALID', { message });
}
