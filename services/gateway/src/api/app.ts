import { AppError, isAppError, notFound, resourceExhausted } from '@portal/errors';
import type { CallOptions, Logger } from '@portal/runtime';
import express from 'express';
import type { NextFunction, Request, Response } from 'express';
import type { Exchange, Responder } from '../http/exchange.ts';
import { addressKey } from '../http/rate-limit.ts';
import type { RateLimiter } from '../http/rate-limit.ts';
import { securityHeaders } from '../http/security-headers.ts';
import { chooseLanguage } from '../messages/catalogue.ts';
import type { PackedPage } from '../pages/packed-page.ts';
import { readJsonBody } from './body.ts';
import type { Guard } from './guard.ts';
import { toProblem } from './problem.ts';
import type { Transcoder } from './transcoder.ts';

export interface AdminAppInit {
  guard: Guard;
  transcoder: Transcoder<CallOptions>;
  responder: Responder;
  /** By session, for whoever brought a good token. */
  sessionLimiter: RateLimiter;
  /** By address, for requests without a good token. */
  strangerLimiter: RateLimiter;
  /** By address, for the pages before signing in. */
  doorLimiter: RateLimiter;
  door: PackedPage;
  missing: PackedPage;
  log: Logger;
}

const tooMany = (): AppError => resourceExhausted('RATE_LIMITED', { retryAfterMs: 1_000 });

/** What an API call may take, its way through the services included. */
const callTimeoutMs = 10_000;

/** The administration's host: its door, and the REST API under /api/v1. No CORS: no other origin has business here. */
export function createAdminApp(init: AdminAppInit): (exchange: Exchange) => void {
  const { guard, transcoder, responder, sessionLimiter, strangerLimiter, doorLimiter, door, missing, log } = init;
  const exchanges = new WeakMap<object, Exchange>();
  const exchangeOf = (request: Request): Exchange => exchanges.get(request) as Exchange;

  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.enable('case sensitive routing');
  app.enable('strict routing');

  app.use('/api/v1', async (request, response) => {
    const exchange = exchangeOf(request);
    const { target, address, requestId } = exchange;
    // The token first: a whole school has one address, and one of them could lock out all who are signed in.
    const caller = await guard.check(request.headers.authorization).catch((error: unknown) => {
      throw strangerLimiter.take(addressKey(address)) ? error : tooMany();
    });
    if (!sessionLimiter.take(caller.sessionId)) throw tooMany();

    const match = transcoder.match(request.method, target?.path ?? '');
    if (match.kind === 'not-found') throw notFound('ROUTE_NOT_FOUND');
    if (match.kind === 'method-not-allowed') {
      const { allow } = match;
      throw new AppError({ kind: 'UNIMPLEMENTED', reason: 'METHOD_NOT_ALLOWED', metadata: { allow } });
    }
    exchange.rpc = match.rpc.name;
    exchange.unitId = match.path.get('unit_id') ?? '';
    const gone = new AbortController();
    response.once('close', () => {
      gone.abort();
    });
    const parts = {
      query: new URLSearchParams(target?.query ?? ''),
      contentType: request.headers['content-type'],
      body: await readJsonBody(request),
    };
    const options = { timeoutMs: callTimeoutMs, requestId, token: caller.token, signal: gone.signal };
    const answer = await transcoder.call(match, parts, options);
    response.writeHead(answer.status, answer.headers).end(JSON.stringify(answer.body));
  });
  app.use('/api', () => {
    throw notFound('ROUTE_NOT_FOUND');
  });
  app.use((error: unknown, request: Request, response: Response, next: NextFunction) => {
    const exchange = exchangeOf(request);
    if (response.headersSent || response.destroyed) {
      next(error);
      return;
    }
    const problem = toProblem(error, exchange.requestId, chooseLanguage(request.headers['accept-language']));
    exchange.reason = problem.body.reason;
    if (!isAppError(error)) log.error({ err: error, requestId: exchange.requestId }, 'request failed');
    // What was not read of the body would be taken for the next request.
    const rest = request.complete ? {} : { connection: 'close' };
    response.writeHead(problem.status, { ...problem.headers, ...rest }).end(JSON.stringify(problem.body));
  });

  function serveApi(exchange: Exchange, path: string, query: string): void {
    const { request, response } = exchange;
    exchange.kind = 'api';
    exchanges.set(request, exchange);
    response.once('close', () => {
      responder.record(exchange);
    });
    for (let index = 0; index < securityHeaders.length; index += 2) {
      response.setHeader(securityHeaders[index] as string, securityHeaders[index + 1] as string);
    }
    response.setHeader('x-request-id', exchange.requestId);
    // Express would take the host of an absolute-form address for a part of the path.
    request.url = query === '' ? path : `${path}?${query}`;
    app(request, response);
  }

  return (exchange) => {
    const { path = '', query = '' } = exchange.target ?? {};
    exchange.kind = 'admin';
    if (path === '/api' || path.startsWith('/api/')) serveApi(exchange, path, query);
    else if (!doorLimiter.take(addressKey(exchange.address)))
      responder.send(exchange, 429, [...securityHeaders, 'retry-after', '1', 'content-length', '0']);
    else responder.sendPage(exchange, path === '/' ? door : missing);
  };
}
