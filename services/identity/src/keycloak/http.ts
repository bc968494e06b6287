import { internal, unavailable } from '@portal/errors';
import type { AppError } from '@portal/errors';

export interface KeycloakHttpOptions {
  /** `http://localhost:8180/realms/portal` */
  issuer: string;
  clientId: string;
  clientSecret: string;
  /** Per request, reading the answer included. */
  timeoutMs: number;
}

export interface Answer {
  status: number;
  body: unknown;
}

export interface KeycloakHttp {
  /**
   * One request to the Admin API, path relative to the realm. Answers 2xx, 404 and 409; throws UNAVAILABLE
   * `IDENTITY_PROVIDER_UNAVAILABLE` where Keycloak is away, slow or failing, INTERNAL `IDENTITY_PROVIDER_REFUSED` for
   * anything else: a fault of ours or of the realm's configuration.
   */
  request(method: 'GET' | 'POST' | 'PUT' | 'DELETE', path: string, body?: unknown): Promise<Answer>;
}

interface Token {
  value: string;
  /** On `performance.now()`'s clock. */
  goodUntil: number;
}

/** The service account's token is asked for again this long before it ends. */
const renewBeforeMs = 10_000;

export function createKeycloakHttp({ issuer, clientId, clientSecret, timeoutMs }: KeycloakHttpOptions): KeycloakHttp {
  const base = issuer.replace('/realms/', '/admin/realms/');
  let token: Token | undefined;
  let asking: Promise<Token> | undefined;

  const exchange = async (url: string, init: RequestInit): Promise<Answer> => {
    try {
      const response = await fetch(url, { ...init, redirect: 'error', signal: AbortSignal.timeout(timeoutMs) });
      const text = await response.text();
      if (response.status >= 500 || response.status === 429) throw new Error(`answered ${String(response.status)}`);
      return { status: response.status, body: text === '' ? undefined : parse(text) };
    } catch (cause) {
      throw away(cause);
    }
  };

  const fetchToken = async (): Promise<Token> => {
    const form = { grant_type: 'client_credentials', client_id: clientId, client_secret: clientSecret };
    const sentAt = performance.now();
    const url = `${issuer}/protocol/openid-connect/token`;
    const { status, body } = await exchange(url, { method: 'POST', body: new URLSearchParams(form) });
    if (status !== 200 || !isTokenAnswer(body)) throw refused('POST', 'token', status);
    return { value: body.access_token, goodUntil: sentAt + body.expires_in * 1000 - renewBeforeMs };
  };
  /** One token for all requests, one request for it at a time. */
  const currentToken = async (): Promise<string> => {
    if (token === undefined || performance.now() >= token.goodUntil) {
      asking ??= fetchToken().finally(() => {
        asking = undefined;
      });
      token = await asking;
    }
    return token.value;
  };

  const send = async (method: string, path: string, body: unknown): Promise<Answer> => {
    const headers: Record<string, string> = { authorization: `Bearer ${await currentToken()}` };
    if (body !== undefined) headers['content-type'] = 'application/json';
    return exchange(base + path, { method, headers, ...(body !== undefined && { body: JSON.stringify(body) }) });
  };

  return {
    async request(method, path, body) {
      let answer = await send(method, path, body);
      if (answer.status === 401) {
        // Keycloak restarted with other keys, or the account's sessions were ended: the cached token is no good.
        token = undefined;
        answer = await send(method, path, body);
      }
      const { status } = answer;
      if ((status >= 200 && status < 300) || status === 404 || status === 409) return answer;
      throw refused(method, path, status);
    },
  };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function isTokenAnswer(body: unknown): body is { access_token: string; expires_in: number } {
  if (typeof body !== 'object' || body === null) return false;
  const { access_token: value, expires_in: seconds } = body as Record<string, unknown>;
  return typeof value === 'string' && typeof seconds === 'number';
}

function away(cause: unknown): AppError {
  return unavailable('IDENTITY_PROVIDER_UNAVAILABLE', {
    message: 'Keycloak cannot be used',
    retryAfterMs: 2000,
    cause,
  });
}

function refused(method: string, path: string, status: number): AppError {
  // The path holds ids only; bodies and tokens stay out of the log.
  return internal('IDENTITY_PROVIDER_REFUSED', { message: `Keycloak answered ${String(status)} to ${method} ${path}` });
}
