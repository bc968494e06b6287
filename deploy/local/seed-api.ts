import { randomUUID } from 'node:crypto';
import { request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

interface ApiAnswer {
  status: number;
  body: Record<string, unknown>;
}

/** Makes one call of the REST API as one person. Throws Error with the answer for anything but 2xx. */
export type Api = <T>(method: 'GET' | 'POST', path: string, body?: object) => Promise<T>;

export interface ApiInit {
  port: number;
  host: string;
  token: () => Promise<string>;
  /** How long a call is repeated. */
  patienceMs: number;
}

const callTimeoutMs = 15_000;
const pauseMs = 100;

/**
 * The REST API as the person whose token is given. `*.localhost` does not resolve everywhere, so the call goes to
 * 127.0.0.1 and names the host itself. Calls are repeated while the gateway is not there (5xx) or while a service has
 * not yet heard of a unit or grant made a moment ago (403, 404).
 */
export function createApi({ port, host, token, patienceMs }: ApiInit): Api {
  return async <T>(method: 'GET' | 'POST', path: string, body?: object): Promise<T> => {
    const deadline = Date.now() + patienceMs;
    // The same key on every repeat: whatever the first call did is not done twice.
    const key = randomUUID();
    for (;;) {
      const answer = await send(port, host, await token(), method, path, key, body);
      if (answer.status >= 200 && answer.status < 300) return answer.body as T;
      const mayPass = [0, 403, 404, 429].includes(answer.status) || answer.status >= 500;
      if (!mayPass || Date.now() > deadline) {
        throw new Error(`${method} ${path} answered ${answer.status}: ${JSON.stringify(answer.body)}`);
      }
      await sleep(pauseMs);
    }
  };
}

/** Status 0 where nobody answered. */
async function send(
  port: number,
  host: string,
  token: string,
  method: string,
  path: string,
  key: string,
  body?: object,
): Promise<ApiAnswer> {
  return new Promise((resolve) => {
    const fail = (error: Error): void => {
      resolve({ status: 0, body: { error: error.message } });
    };
    const call = request(
      {
        host: '127.0.0.1',
        port,
        method,
        path,
        timeout: callTimeoutMs,
        headers: {
          host: `${host}:${port}`,
          accept: 'application/json',
          authorization: `Bearer ${token}`,
          ...(body !== undefined && { 'content-type': 'application/json', 'idempotency-key': key }),
        },
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', fail);
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString();
          resolve({ status: response.statusCode ?? 0, body: readJson(text) });
        });
      },
    );
    call.on('error', fail);
    call.on('timeout', () => call.destroy(new Error(`no answer within ${callTimeoutMs} ms`)));
    call.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

function readJson(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return { text: text.slice(0, 300) };
  }
}
