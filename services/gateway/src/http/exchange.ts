import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Logger } from '@portal/runtime';
import { acceptsGzip, matchesEtag, unpackPage } from '../pages/packed-page.ts';
import type { PackedPage } from '../pages/packed-page.ts';
import type { GatewayMetrics, RequestKind } from '../metrics.ts';
import type { AccessLog } from './access-log.ts';
import { securityHeaders } from './security-headers.ts';
import type { Target } from './target.ts';

/** One request on its way to its answer, with what the access line will say of it. */
export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly requestId: string;
  readonly startedAt: number;
  readonly address: string;
  target: Target | undefined;
  kind: RequestKind;
  unitId: string;
  cache: string;
  rpc: string;
  reason: string;
}

export interface Responder {
  /** Sends a whole answer; `headers` are names and values in turn. A HEAD request gets the headers alone. */
  send(exchange: Exchange, status: number, headers: readonly string[], body?: Buffer | string): void;
  sendPage(exchange: Exchange, page: PackedPage, extraHeaders?: readonly string[]): void;
  redirect(exchange: Exchange, location: string): void;
  /** Counts and logs an answer that was sent by other means. */
  record(exchange: Exchange): void;
  /** Lets an answer come about on its own; should that fail, the connection ends and the failure is logged. */
  settle(exchange: Exchange, answer: Promise<void>): void;
}

/** The only writer of answers outside Express; every answer is counted and has its line. */
export function createResponder(accessLog: AccessLog, metrics: GatewayMetrics, log: Logger): Responder {
  function record({ request, response, target, ...exchange }: Exchange): void {
    const ms = performance.now() - exchange.startedAt;
    const status = response.statusCode;
    metrics.answered(exchange.kind, status, ms);
    const { host = '', path = '' } = target ?? {};
    accessLog.write({ ...exchange, method: request.method ?? '', host, path, status, ms });
  }

  function send(exchange: Exchange, status: number, headers: readonly string[], body?: Buffer | string): void {
    const { request, response, requestId } = exchange;
    const all = [...headers, 'x-request-id', requestId];
    // Whoever sends a body where none is read would have its rest taken for the next request's beginning.
    if (hasBody(request) && !request.complete) all.push('connection', 'close');
    response.writeHead(status, all);
    response.end(request.method === 'HEAD' ? undefined : body);
    record(exchange);
  }

  return {
    send,
    record,
    settle(exchange, answer) {
      answer.catch((error: unknown) => {
        log.error({ err: error, requestId: exchange.requestId }, 'request could not be answered');
        exchange.response.destroy();
      });
    },
    sendPage(exchange, page, extraHeaders = []) {
      const { headers } = exchange.request;
      if (page.status === 200 && matchesEtag(headers['if-none-match'], page.etag)) {
        send(exchange, 304, [...page.notModifiedHeaders, ...extraHeaders]);
      } else if (acceptsGzip(headers['accept-encoding'])) {
        send(exchange, page.status, [...page.gzipHeaders, ...extraHeaders], page.gzip);
      } else {
        send(exchange, page.status, [...page.identityHeaders, ...extraHeaders], unpackPage(page));
      }
    },
    redirect(exchange, location) {
      exchange.kind = 'redirect';
      const headers = [
        ...securityHeaders,
        'location',
        location,
        'cache-control',
        'public, max-age=300',
        'content-length',
        '0',
      ];
      send(exchange, 301, headers);
    },
  };
}

function hasBody({ headers }: IncomingMessage): boolean {
  return headers['content-length'] !== undefined || headers['transfer-encoding'] !== undefined;
}
