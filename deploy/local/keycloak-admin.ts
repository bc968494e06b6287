/** Thin client of Keycloak's Admin REST API, for the development servers and the tests. */

export type Json = string | number | boolean | null | Json[] | { [key: string]: Json };
export type JsonObject = Record<string, Json>;

export interface KeycloakAdmin {
  /** Undefined where the answer is 404. */
  find<T>(path: string): Promise<T | undefined>;
  get<T>(path: string): Promise<T>;
  /** Returns the id of what was created (last part of `Location`), or ''. */
  post(path: string, body: unknown): Promise<string>;
  put(path: string, body: unknown): Promise<void>;
  /** Of something that is gone already: fine. */
  remove(path: string, body?: unknown): Promise<void>;
}

export interface AdminSignIn {
  /** The realm that signs the client in: `master` for the bootstrap administrator. */
  realm: string;
  clientId: string;
  clientSecret?: string;
  username?: string;
  password?: string;
}

const requestTimeoutMs = 20_000;
/** A token is replaced when less than this is left, so that it cannot run out on the way. */
const tokenReserveMs = 10_000;

/**
 * Client for one realm's administration; paths are relative to `/admin/realms/<realm>`.
 * Methods throw Error with method, path, status and Keycloak's answer.
 */
export function createKeycloakAdmin(baseUrl: string, realm: string, signIn: AdminSignIn): KeycloakAdmin {
  const token = createTokenSource(baseUrl, signIn);

  async function call(method: string, path: string, body?: unknown): Promise<Response> {
    return fetch(`${baseUrl}/admin/realms${realm === '' ? '' : `/${realm}`}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${await token()}`,
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      body: body === undefined ? null : JSON.stringify(body),
      signal: AbortSignal.timeout(requestTimeoutMs),
    });
  }

  async function expectOk(response: Response, method: string, path: string): Promise<Response> {
    if (response.ok) return response;
    throw new Error(
      `Keycloak answered ${response.status} to ${method} ${path}: ${(await response.text()).slice(0, 500)}`,
    );
  }

  async function find<T>(path: string): Promise<T | undefined> {
    const response = await call('GET', path);
    if (response.status === 404) {
      await response.body?.cancel();
      return undefined;
    }
    return (await (await expectOk(response, 'GET', path)).json()) as T;
  }

  return {
    find,
    async get<T>(path: string) {
      const found = await find<T>(path);
      if (found === undefined) throw new Error(`Keycloak answered 404 to GET ${path}`);
      return found;
    },
    async post(path, body) {
      const response = await expectOk(await call('POST', path, body), 'POST', path);
      await response.arrayBuffer();
      return response.headers.get('location')?.split('/').pop() ?? '';
    },
    async put(path, body) {
      const response = await expectOk(await call('PUT', path, body), 'PUT', path);
      await response.arrayBuffer();
    },
    async remove(path, body) {
      const response = await call('DELETE', path, body);
      if (response.status !== 404) await expectOk(response, 'DELETE', path);
      await response.arrayBuffer();
    },
  };
}

function createTokenSource(baseUrl: string, signIn: AdminSignIn): () => Promise<string> {
  let current = { token: '', expiresAt: 0 };
  return async () => {
    if (current.expiresAt - tokenReserveMs > Date.now()) return current.token;
    const response = await fetch(`${baseUrl}/realms/${signIn.realm}/protocol/openid-connect/token`, {
      method: 'POST',
      body: new URLSearchParams({
        client_id: signIn.clientId,
        ...(signIn.clientSecret !== undefined && { client_secret: signIn.clientSecret }),
        ...(signIn.username === undefined
          ? { grant_type: 'client_credentials' }
          : { grant_type: 'password', username: signIn.username, password: signIn.password ?? '' }),
      }),
      signal: AbortSignal.timeout(requestTimeoutMs),
    });
    if (!response.ok) {
      const who = signIn.username ?? signIn.clientId;
      throw new Error(
        `Keycloak refused to sign in ${who} in realm ${signIn.realm}: ${response.status} ${await response.text()}`,
      );
    }
    const answer = (await response.json()) as { access_token: string; expires_in: number };
    current = { token: answer.access_token, expiresAt: Date.now() + answer.expires_in * 1000 };
    return current.token;
  };
}
