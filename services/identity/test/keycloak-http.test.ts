import { createServer } from 'node:http';
import type { IncomingMessage, RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { AppError } from '@portal/errors';
import { createKeycloakHttp } from '../src/keycloak/http.ts';
import type { KeycloakHttp } from '../src/keycloak/http.ts';

// Faults that a real Keycloak shows seldom and at no one's command; the calls themselves are tried on a real one.
const tokenPath = '/realms/portal/protocol/openid-connect/token';

let listener: RequestListener;
let tokens: number;
let close: () => Promise<void>;
let keycloak: KeycloakHttp;
let requests: string[];

beforeEach(async () => {
  tokens = 0;
  requests = [];
  const server = createServer((request, response) => {
    requests.push(`${request.method ?? ''} ${request.url ?? ''}`);
    listener(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}/realms/portal`;
  keycloak = createKeycloakHttp({ issuer, clientId: 'identity-service', clientSecret: 'geheim', timeoutMs: 300 });
  close = () =>
    new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
});
afterEach(() => close());

/** Answers token requests; the rest is up to the test. */
function answering(
  rest: RequestListener,
  tokenAnswer = (): object => ({ access_token: `t${tokens}`, expires_in: 120 }),
): void {
  listener = (request, response) => {
    if (request.url !== tokenPath) {
      rest(request, response);
      return;
    }
    tokens += 1;
    response.end(JSON.stringify(tokenAnswer()));
  };
}

const bearer = (request: IncomingMessage): string => request.headers.authorization ?? '';

async function reasonOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
    return 'ok';
  } catch (error) {
    return error instanceof AppError ? `${error.kind} ${error.reason}` : String(error);
  }
}

const away = 'UNAVAILABLE IDENTITY_PROVIDER_UNAVAILABLE';
const refused = 'INTERNAL IDENTITY_PROVIDER_REFUSED';

test('many requests share one token', async () => {
  answering((request, response) => response.end(JSON.stringify({ saw: bearer(request) })));
  const answers = await Promise.all(Array.from({ length: 10 }, () => keycloak.request('GET', '/users/1')));
  expect(new Set(answers.map(({ body }) => JSON.stringify(body)))).toEqual(new Set(['{"saw":"Bearer t1"}']));
  expect(tokens).toBe(1);
  expect(requests).toContain('GET /admin/realms/portal/users/1');
});

test('a token that is about to end is replaced', async () => {
  answering(
    (_request, response) => response.end('{}'),
    () => ({ access_token: 't', expires_in: 5 }),
  );
  await keycloak.request('GET', '/users/1');
  await keycloak.request('GET', '/users/1');
  expect(tokens).toBe(2);
});

test('a token that Keycloak no longer accepts is replaced once, and the request repeated', async () => {
  answering((request, response) => {
    response.writeHead(bearer(request) === 'Bearer t1' ? 401 : 200).end('{}');
  });
  await expect(keycloak.request('GET', '/users/1')).resolves.toMatchObject({ status: 200 });
  expect(tokens).toBe(2);
});

test.each([
  [500, away],
  [503, away],
  [429, away],
  [400, refused],
  [401, refused],
  [403, refused],
  [302, away],
])('status %i is %s', async (status, expected) => {
  answering((_request, response) =>
    response.writeHead(status, status === 302 ? { location: '/' } : {}).end('secret words'),
  );
  await expect(reasonOf(keycloak.request('GET', '/users/1'))).resolves.toBe(expected);
});

test.each([200, 201, 204, 404, 409])('status %i is an answer', async (status) => {
  answering((_request, response) => response.writeHead(status).end());
  await expect(keycloak.request('DELETE', '/users/1')).resolves.toEqual({ status, body: undefined });
});

test('an answer that never comes ends at the time-out', async () => {
  answering(() => undefined);
  await expect(reasonOf(keycloak.request('GET', '/users/1'))).resolves.toBe(away);
});

test('an answer that begins and never ends does so too', async () => {
  answering((_request, response) => response.write('{'));
  await expect(reasonOf(keycloak.request('GET', '/users/1'))).resolves.toBe(away);
});

test('a token that cannot be had now can be had later', async () => {
  listener = (_request, response) => response.writeHead(503).end();
  await expect(reasonOf(keycloak.request('GET', '/users/1'))).resolves.toBe(away);
  answering((_request, response) => response.end('{}'));
  await expect(reasonOf(keycloak.request('GET', '/users/1'))).resolves.toBe('ok');
});

test.each(['{}', 'not json', '{"access_token":7}', '[]', 'null'])('a token answer %s is a refusal', async (body) => {
  listener = (_request, response) => response.end(body);
  await expect(reasonOf(keycloak.request('GET', '/users/1'))).resolves.toBe(refused);
});

test('a wrong client secret is a fault of ours, and the secret is in no message', async () => {
  listener = (_request, response) => response.writeHead(401).end('{"error":"invalid_client"}');
  const error: unknown = await keycloak.request('GET', '/users/1').catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ kind: 'INTERNAL', reason: 'IDENTITY_PROVIDER_REFUSED' });
  expect(JSON.stringify([error, String(error), (error as Error).stack])).not.toContain('geheim');
});

test('nobody listening is UNAVAILABLE', async () => {
  await close();
  await expect(reasonOf(keycloak.request('GET', '/users/1'))).resolves.toBe(away);
});
