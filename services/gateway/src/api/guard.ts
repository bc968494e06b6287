import { unauthenticated, unavailable } from '@portal/errors';
import type { AppError } from '@portal/errors';
import Keycloak from 'keycloak-connect';

/** What the edge knows of a caller whose token was found good. Services verify the token again, themselves. */
interface GuardedCaller {
  token: string;
  /** `sid`; where a token has none, `sub`. Only for counting requests. */
  sessionId: string;
}

export interface Guard {
  /**
   * Throws UNAUTHENTICATED `TOKEN_MISSING`, `TOKEN_EXPIRED` or `TOKEN_INVALID`, and UNAVAILABLE
   * `IDENTITY_PROVIDER_UNAVAILABLE` where the issuer's keys are needed and cannot be had.
   */
  check(authorization: string | undefined): Promise<GuardedCaller>;
}

export interface GuardInit {
  /** `http://localhost:8180/realms/portal`, exactly as the tokens spell it. */
  issuer: string;
  audience: string;
}

const bearer = /^bearer +([A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+)$/i;
const keysTimeoutMs = 3_000;
/** A token with an unknown key id asks the issuer for its keys at most this often. */
const keysEveryMs = 2_000;

/**
 * keycloak-connect as guard of `/api/v1`, bearer tokens only. Of the library only the check of a token is used: its
 * middleware answers 403 to a missing token, adds /logout and k_* paths, and breaks on `?auth_callback=1`.
 */
export function createGuard({ issuer, audience }: GuardInit): Guard {
  const [, serverUrl, realm] = /^(.*)\/realms\/([^/]+)$/.exec(issuer) ?? [];
  if (serverUrl === undefined || realm === undefined) throw new Error('the issuer is not the address of a realm');
  const { grantManager } = new Keycloak({}, {
    realm,
    'auth-server-url': serverUrl,
    // The audience goes by this name: with the login client's id every good token would be refused.
    resource: audience,
    'bearer-only': true,
    'verify-token-audience': true,
    'ssl-required': 'external',
    'confidential-port': 0,
  } as Keycloak.KeycloakConfig);
  fetchKeysOurselves(grantManager, `${issuer}/protocol/openid-connect/certs`);

  return {
    async check(authorization) {
      if (authorization === undefined) throw unauthenticated('TOKEN_MISSING');
      const token = bearer.exec(authorization)?.[1];
      if (token === undefined || !isReadable(token)) throw unauthenticated('TOKEN_INVALID', { message: 'no token' });
      const grant = await grantManager.createGrant(JSON.stringify({ access_token: token })).catch(refuse);
      const { content } = grant.access_token as unknown as { content: Record<string, unknown> };
      const claims = [content.sid, content.sub];
      return { token, sessionId: claims.find((claim) => typeof claim === 'string') ?? '' };
    },
  };
}

/** The library takes a token that it cannot read for one that has run out. */
function isReadable(token: string): boolean {
  try {
    for (const part of token.split('.').slice(0, 2)) JSON.parse(Buffer.from(part, 'base64url').toString());
    return true;
  } catch {
    return false;
  }
}

function refuse(cause: Error): never {
  throw errorOf(cause);
}

/** The library tells its reasons apart by words alone. */
function errorOf(cause: Error): AppError {
  const { message } = cause;
  if (message.includes(keysAway)) return unavailable('IDENTITY_PROVIDER_UNAVAILABLE', { retryAfterMs: 5_000, cause });
  return unauthenticated(message.includes('(expired)') ? 'TOKEN_EXPIRED' : 'TOKEN_INVALID', { message, cause });
}

const keysAway = 'the keys of the issuer cannot be had';

interface Rotation {
  jwks: { kid: string }[];
  getJWK(kid: string): Promise<string>;
}

/**
 * The library's own way to the keys waits without end for a frozen issuer, asks anew for every bad token while the
 * issuer is away, and ends the process when what it gets is no JSON.
 */
function fetchKeysOurselves(grantManager: Keycloak.GrantManager, url: string): void {
  const { rotation } = grantManager as unknown as { rotation: Rotation };
  const getKnown = rotation.getJWK.bind(rotation);
  let asked: Promise<void> = Promise.resolve();
  let askedAt = -Infinity;

  async function ask(): Promise<void> {
    try {
      const response = await fetch(url, { signal: AbortSignal.timeout(keysTimeoutMs) });
      if (!response.ok) throw new Error(`the issuer answered ${response.status}`);
      rotation.jwks = ((await response.json()) as { keys: Rotation['jwks'] }).keys;
    } catch (cause) {
      throw new Error(keysAway, { cause });
    }
  }

  rotation.getJWK = async (kid) => {
    const isKnown = (): boolean => rotation.jwks.some((key) => key.kid === kid);
    if (!isKnown()) {
      if (performance.now() - askedAt >= keysEveryMs) {
        askedAt = performance.now();
        asked = ask();
      }
      await asked;
      if (!isKnown()) throw new Error('no such key');
    }
    return getKnown(kid);
  };
}
