import { rmSync } from 'node:fs';
import { createServer, request, type Server, type ServerResponse } from 'node:http';
import type { ProcessStatus } from './process-spec.ts';

export interface StackStatus {
  base: number;
  pid: number;
  phase: 'starting' | 'ready' | 'stopping' | 'failed';
  /** Why it failed. */
  error?: string;
  processes: ProcessStatus[];
}

export interface Control {
  status: () => StackStatus;
  /** Names of the processes that had to be killed. */
  stop: () => Promise<string[]>;
  restart: (name: string) => Promise<void>;
}

/** Serves a running supervisor on a unix socket, which only this user may open (its folder is private). */
export async function serveControl(socket: string, control: Control): Promise<Server> {
  rmSync(socket, { force: true }); // of a killed supervisor: the caller holds the stack's lock
  const server = createServer((incoming, outgoing) => {
    answer(`${incoming.method} ${incoming.url}`, control).then(
      (body) => reply(outgoing, 200, body),
      (error: unknown) => reply(outgoing, 500, { error: (error as Error).message }),
    );
  });
  server.requestTimeout = 0; // a stop takes as long as the slowest process
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(socket, resolve));
  return server;
}

async function answer(call: string, control: Control): Promise<unknown> {
  if (call === 'GET /status') return control.status();
  if (call === 'POST /stop') return control.stop();
  const name = /^POST \/restart\/(.+)$/.exec(call)?.[1];
  if (name === undefined) throw new Error(`unknown call ${call}`);
  await control.restart(decodeURIComponent(name));
  return {};
}

function reply(response: ServerResponse, code: number, body: unknown): void {
  response.writeHead(code, { 'content-type': 'application/json', connection: 'close' }).end(JSON.stringify(body));
}

/** Undefined when no supervisor answers. */
export async function readStatus(socket: string): Promise<StackStatus | undefined> {
  try {
    return (await call(socket, 'GET', '/status')) as StackStatus;
  } catch (error) {
    if (isGone(error)) return undefined;
    throw error;
  }
}

/** Resolves when everything has ended, to the names of those that had to be killed. */
export async function requestStop(socket: string): Promise<string[]> {
  return (await call(socket, 'POST', '/stop')) as string[];
}

/** Resolves when the process is ready again; rejects with the supervisor's reason. */
export async function requestRestart(socket: string, name: string): Promise<void> {
  await call(socket, 'POST', `/restart/${encodeURIComponent(name)}`);
}

function isGone(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException).code ?? '';
  return ['ENOENT', 'ECONNREFUSED', 'ECONNRESET', 'EPIPE'].includes(code);
}

function call(socketPath: string, method: string, path: string): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const outgoing = request({ socketPath, method, path, agent: false }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      response.once('error', reject).once('end', () => {
        const body: unknown = JSON.parse(text);
        if (response.statusCode === 200) resolve(body);
        else reject(new Error((body as { error: string }).error));
      });
    });
    outgoing.once('error', reject).end();
  });
}
