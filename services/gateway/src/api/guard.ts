import { unauthenticated, unavailable } from '@portal/errors';
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
  timeoutMs?: number;
}

const bearer = /^bearer +([A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+)$/i;
const unreachable = /ECONN|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|EPIPE|socket hang up|Error fetching JWK/;

/**
 * keycloak-connect as guard of `/api/v1`, bearer tokens only. Of the library only the check of a token is used: its
 * middleware answers 403 to a missing token, adds /logout and k_* paths, and breaks on `?auth_callback=1`.
 */
export function createGuard({ issuer, audience, timeoutMs = 3_000 }: GuardInit): Guard {
  const [, serverUrl, realm] = /^(.*)\/realms\/([^/]+)$/.exec(issuer) ?? [];
  if (serverUrl === undefined || realm === undefined) throw new Error('the issuer is not the address of a realm');
  const config = {
    realm,
    'auth-server-url': serverUrl,
    // The audience goes by this name: with the login client's id every good token would be refused.
    resource: audience,
    'bearer-only': true,
    'verify-token-audience': true,
    'ssl-required': 'external',
    'confidential-port': 0,
    // An unknown key id asks the issuer for its keys at most this often, in seconds.
    'min-time-between-jwks-requests': 2,
  };
  const { grantManager } = new Keycloak({}, config);

  return {
    async check(authorization) {
      if (authorization === undefined) throw unauthenticated('TOKEN_MISSING');
      const token = bearer.exec(authorization)?.[1];
      if (token === undefined) throw unauthenticated('TOKEN_INVALID', { message: 'not a bearer token' });
      // The library waits for an answer of the issuer without end.
      const { promise: timeout, reject } = Promise.withResolvers<never>();
      const timer = setTimeout(reject, timeoutMs, new Error('ETIMEDOUT'));
      try {
        const grant = await Promise.race([grantManager.createGrant({ access_token: token as never }), timeout]);
        return { token, sessionId: sessionOf(grant) };
      } catch (cause) {
        const message = cause instanceof Error ? cause.message : String(cause);
        if (unreachable.test(message))
          throw unavailable('IDENTITY_PROVIDER_UNAVAILABLE', { retryAfterMs: 5_000, cause });
        throw unauthenticated(message.includes('(expired)') ? 'TOKEN_EXPIRED' : 'TOKEN_INVALID', { message, cause });
      } finally {
        clearTimeout(timer);
      }
    },
  };
}

function sessionOf(grant: Keycloak.Grant): string {
  const { content } = grant.access_token as unknown as { content: Record<string, unknown> };
  return [content.sid, content.sub].find((claim) => typeof claim === 'string') ?? '';
}
