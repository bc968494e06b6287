import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { getAddressParts } from './address.ts';
import type { Component, Readiness } from './lifecycle.ts';
import type { Metrics } from './metrics.ts';

export interface OpsServer extends Component {
  /** The bound port. Throws an Error before start. */
  port(): number;
}

export interface OpsServerInit {
  /** host:port */
  address: string;
  metrics: Metrics;
  /** False asks for a restart of the process. */
  live: () => boolean;
  /** Empty, or all ready: traffic may come. */
  ready: () => readonly Readiness[];
}

/** `GET /metrics`, `/healthz` (live) and `/readyz` (JSON that names what is not ready), on a port of its own. */
export function createOpsServer({ address, metrics, live, ready }: OpsServerInit): OpsServer {
  const { host, port } = getAddressParts(address);

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      send(response, 405, 'text/plain', 'GET or HEAD\n');
    } else if (request.url === '/metrics') {
      send(response, 200, metrics.contentType, await metrics.render());
    } else if (request.url === '/healthz') {
      const ok = live();
      send(response, ok ? 200 : 503, 'application/json', JSON.stringify({ live: ok }));
    } else if (request.url === '/readyz') {
      const components = ready();
      const ok = components.every((component) => component.ready);
      send(response, ok ? 200 : 503, 'application/json', JSON.stringify({ ready: ok, components }));
    } else {
      send(response, 404, 'text/plain', 'not found\n');
    }
  };

  const server = createServer({ requestTimeout: 5_000, headersTimeout: 5_000, maxHeaderSize: 8_192 }, (req, res) => {
    answer(req, res).catch(() => {
      if (res.headersSent) res.destroy();
      else send(res, 500, 'text/plain', 'failed\n');
    });
  });

  return {
    name: 'ops-server',
    start: () =>
      new Promise((resolve, reject) => {
        server.once('error', reject);
        server.listen(port, host, () => {
          server.off('error', reject);
          resolve();
        });
      }),
    stop: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        // A scraper keeps its connection open; nothing here is worth waiting for.
        server.closeAllConnections();
      }),
    ready: () => server.listening,
    port() {
      const bound = server.address() as AddressInfo | null;
      if (bound === null) throw new Error('the ops server is not listening');
      return bound.port;
    },
  };
}

function send(response: ServerResponse, status: number, contentType: string, body: string): void {
  response.writeHead(status, { 'content-type': contentType, 'cache-control': 'no-store' });
  response.end(body);
}
