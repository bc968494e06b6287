import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { formatAddress, getAddressParts } from '@portal/runtime';
import type { Component } from '@portal/runtime';

export interface HttpServer extends Component {
  /** host:port. Throws an Error before start. */
  address(): string;
}

export interface HttpServerInit {
  /** host:port */
  address: string;
  handle: (request: IncomingMessage, response: ServerResponse) => void;
  /** Told of each request that did not even come to be one. */
  onRefused: (status: number) => void;
  /** How long requests under way may take to end when the server stops; 5,000 by default. */
  drainMs?: number;
}

/** Bytes of all headers of a request together; a token of ours has about 1 kB. */
export const maxHeaderBytes = 16_384;
const headersTimeoutMs = 10_000;
/** A whole request with its body, 1 MB at most: even the slowest school line sends that in this time. */
const requestTimeoutMs = 30_000;
/** Nothing came or went on the connection in this time, as when a client stops reading. */
const idleTimeoutMs = 60_000;
const keepAliveTimeoutMs = 15_000;

/** What clients get to read who do not speak HTTP well enough to be answered properly. */
const refusals: Readonly<Record<string, { status: number; text: string }>> = {
  HPE_HEADER_OVERFLOW: { status: 431, text: 'Request Header Fields Too Large' },
  ERR_HTTP_REQUEST_TIMEOUT: { status: 408, text: 'Request Timeout' },
};
const malformed = { status: 400, text: 'Bad Request' };

/** The public server: its limits on slow, large and broken requests, and its end. */
export function createHttpServer(init: HttpServerInit): HttpServer {
  const { address, handle, onRefused, drainMs = 5_000 } = init;
  const { host, port } = getAddressParts(address);
  let stopping = false;

  const server = createServer(
    {
      maxHeaderSize: maxHeaderBytes,
      headersTimeout: headersTimeoutMs,
      requestTimeout: requestTimeoutMs,
      keepAliveTimeout: keepAliveTimeoutMs,
      connectionsCheckingInterval: 1_000,
      // A missing or repeated Host is refused by us, so that the answer has its headers and its line.
      requireHostHeader: false,
      insecureHTTPParser: false,
    },
    (request, response) => {
      if (stopping) response.setHeader('connection', 'close');
      handle(request, response);
    },
  );
  server.timeout = idleTimeoutMs;

  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
    if (error.code === 'ECONNRESET' || !socket.writable) {
      socket.destroy();
      return;
    }
    const { status, text } = refusals[error.code ?? ''] ?? malformed;
    onRefused(status);
    socket.end(`HTTP/1.1 ${status} ${text}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
  });

  return {
    name: 'http-server',
    start: () =>
      new Promise((resolve, reject) => {
        server.once('error', reject);
        server.listen(port, host, () => {
          server.off('error', reject);
          resolve();
        });
      }),
    async stop() {
      stopping = true;
      if (!server.listening) return;
      const closed = new Promise<void>((resolve) => {
        server.close(() => {
          resolve();
        });
      });
      const timer = setTimeout(() => {
        server.closeAllConnections();
      }, drainMs);
      await closed;
      clearTimeout(timer);
    },
    ready: () => server.listening,
    address() {
      const bound = server.address() as AddressInfo | null;
      if (bound === null) throw new Error('the http server is not listening');
      return formatAddress(bound.address, bound.port);
    },
  };
}
