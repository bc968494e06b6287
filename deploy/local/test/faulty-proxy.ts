import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface FaultyProxy {
  url: string;
  /** Requests that would change something, so far. */
  changes(): number;
  close(): Promise<void>;
}

/**
 * Stands before a server and lets `limit` changing requests through; the one after is cut off unanswered, and so is
 * everything later: as seen by the server, its client was killed at that moment.
 */
export async function startFaultyProxy(target: string, limit: number): Promise<FaultyProxy> {
  const { hostname, port } = new URL(target);
  let changes = 0;
  const server = createServer((incoming, outgoing) => {
    const isSignIn = incoming.url?.endsWith('/openid-connect/token') ?? false;
    if (incoming.method !== 'GET' && !isSignIn) changes += 1;
    if (changes > limit) {
      incoming.socket.destroy();
      return;
    }
    const { url: path, method, headers } = incoming;
    const forwarded = request({ hostname, port, path, method, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
    });
    forwarded.on('error', () => outgoing.destroy());
    incoming.pipe(forwarded);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    changes: () => changes,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
