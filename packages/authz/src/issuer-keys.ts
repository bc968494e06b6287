import { unavailable } from '@portal/errors';
import type { AppError } from '@portal/errors';
import type { Logger } from '@portal/runtime';
import { createLocalJWKSet, errors } from 'jose';
import type { JWTVerifyGetKey } from 'jose';

/** Known keys are asked for again after this long, so that one withdrawn by the issuer stops counting. */
const refreshAfterMs = 10 * 60_000;
/** While the issuer is away its last keys stay good for this long: its sessions outlive a restart, so must we. */
const goodForMs = 60 * 60_000;
const maxBytes = 256 * 1024;

export interface IssuerKeysOptions {
  /** Where the issuer publishes its keys (JWKS). */
  url: string;
  log: Logger;
  fetchTimeoutMs: number;
  /** An unknown key id asks the issuer at most this often: anybody can make one up. */
  cooldownMs: number;
}

/**
 * The issuer's public keys, for jose's `jwtVerify`. Fetched once, again in the background when old, and at once when a
 * token names a key not seen before (rotation). Throws UNAVAILABLE `IDENTITY_PROVIDER_UNAVAILABLE` where the answer
 * hangs on keys that cannot be had, and jose's own error for a key the issuer does not know.
 */
export function createIssuerKeys({ url, log, fetchTimeoutMs, cooldownMs }: IssuerKeysOptions): JWTVerifyGetKey {
  let keys: ReturnType<typeof createLocalJWKSet> | undefined;
  let fetchedAt = -Infinity;
  let askedAt = -Infinity;
  let failure: AppError | undefined;
  let asking: Promise<void> | undefined;

  const ask = async (): Promise<void> => {
    askedAt = performance.now();
    try {
      keys = createLocalJWKSet(await fetchKeys(url, fetchTimeoutMs));
      fetchedAt = performance.now();
      failure = undefined;
    } catch (cause) {
      const message = `keys of the issuer cannot be read from ${url}`;
      failure = unavailable('IDENTITY_PROVIDER_UNAVAILABLE', { message, retryAfterMs: cooldownMs, cause });
      log.warn({ err: cause }, message);
    }
  };
  /** One request at a time; nothing within the cool-down of the last one. */
  const refresh = (): Promise<void> => {
    if (asking !== undefined) return asking;
    if (performance.now() - askedAt < cooldownMs) return Promise.resolve();
    asking = ask().finally(() => {
      asking = undefined;
    });
    return asking;
  };

  return async (header, token) => {
    const age = performance.now() - fetchedAt;
    if (keys === undefined || age > goodForMs) {
      await refresh();
      if (failure !== undefined) throw failure;
    } else if (age > refreshAfterMs) {
      void refresh();
    }
    try {
      return await resolve(keys, header, token);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
      const known = keys;
      await refresh();
      if (keys !== known) return await resolve(keys, header, token);
      throw failure ?? error;
    }
  };
}

function resolve(keys: ReturnType<typeof createLocalJWKSet> | undefined, ...args: Parameters<JWTVerifyGetKey>) {
  if (keys === undefined) throw new errors.JWKSNoMatchingKey();
  return keys(...args);
}

async function fetchKeys(url: string, timeoutMs: number): Promise<Parameters<typeof createLocalJWKSet>[0]> {
  const response = await fetch(url, { signal: AbortSignal.timeout(timeoutMs), redirect: 'error' });
  if (!response.ok) throw new Error(`answered ${String(response.status)}`);
  const text = await response.text();
  if (text.length > maxBytes) throw new Error(`answered ${String(text.length)} characters`);
  // createLocalJWKSet checks the shape.
  return JSON.parse(text) as Parameters<typeof createLocalJWKSet>[0];
}
