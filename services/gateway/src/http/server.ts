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
  timeouts?: Partial<ServerTimeouts>;
}

/** In milliseconds. */
export interface ServerTimeouts {
  headers: number;
  /** A whole request with its body. */
  request: number;
  /** Nothing came or went on the connection, as when a client stops reading. */
  idle: number;
  /** Between two requests on a connection. */
  keepAlive: number;
  /** What requests under way get when the server stops. */
  drain: number;
}

/** Bytes of all headers of a request together; a token of ours has about 1 kB. */
const maxHeaderBytes = 16_384;
// 1 MB, the largest body, needs 30 s on 280 kbit/s.
const defaultTimeouts: ServerTimeouts = {
  headers: 10_000,
  request: 30_000,
  idle: 60_000,
  keepAlive: 15_000,
  drain: 5_000,
};

/** What clients get to read who do not speak HTTP well enough to be answered properly. */
const refusals: Readonly<Record<string, { status: number; text: string }>> = {
  HPE_HEADER_OVERFLOW: { status: 431, text: 'Request Header Fields Too Large' },
  ERR_HTTP_REQUEST_TIMEOUT: { status: 408, text: 'Request Timeout' },
};
const malformed = { status: 400, text: 'Bad Request' };

/** The public server: its limits on slow, large and broken requests, and its end. */
export function createHttpServer(init: HttpServerInit): HttpServer {
  const { address, handle, onRefused } = init;
  const timeouts = { ...defaultTimeouts, ...init.timeouts };
  const { host, port } = getAddressParts(address);
  let stopping = false;

  const server = createServer(
    {
      maxHeaderSize: maxHeaderBytes,
      headersTimeout: timeouts.headers,
      requestTimeout: timeouts.request,
      keepAliveTimeout: timeouts.keepAlive,
      connectionsCheckingInterval: Math.min(1_000, timeouts.headers),
      // A missing or repeated Host is refused by us, so that the answer has its headers and its line.
      requireHostHeader: false,
      insecureHTTPParser: false,
    },
    (request, response) => {
      if (stopping) response.setHeader('connection', 'close');
      handle(request, response);
    },
  );
  server.timeout = timeouts.idle;

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
      }, timeouts.drain);
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
