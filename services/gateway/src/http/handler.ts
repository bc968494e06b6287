import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Assets } from '../assets.ts';
import type { ErrorPageKind } from '../messages/pages-vi.ts';
import { acceptsGzip } from '../pages/packed-page.ts';
import type { PackedPage } from '../pages/packed-page.ts';
import type { PublicPages } from '../pages/public-pages.ts';
import type { Renderer } from '../pages/render.ts';
import type { Site, Sites } from '../sites/sites.ts';
import type { Exchange, Responder } from './exchange.ts';
import { addressKey } from './rate-limit.ts';
import type { RateLimiter } from './rate-limit.ts';
import { readTarget } from './target.ts';

export interface HandlerInit {
  sites: Sites;
  /** False as long as hosts may be unknown only because nothing is known yet. */
  sitesReady: () => boolean;
  assets: Assets;
  publicPages: PublicPages;
  renderer: Renderer;
  responder: Responder;
  /** Per address, for everything but the administration's host, which counts by itself. */
  rateLimiter: RateLimiter;
  /** Answers requests of the administration's host. */
  serveAdmin: (exchange: Exchange) => void;
}

type NeutralKind = Exclude<ErrorPageKind, 'notOpen' | 500>;
const neutralKinds: readonly NeutralKind[] = [400, 404, 405, 414, 421, 429, 503];

/**
 * The way of every request: address of the request → files → whose host → method → page, redirect or the
 * administration. Everything up to a cached page is synchronous.
 */
export async function createHandler(
  init: HandlerInit,
): Promise<(request: IncomingMessage, response: ServerResponse) => void> {
  const { sites, sitesReady, assets, publicPages, renderer, responder, rateLimiter, serveAdmin } = init;
  const packed = neutralKinds.map(async (kind) => [kind, await renderer.error(kind)] as const);
  const neutral = Object.fromEntries(await Promise.all(packed)) as Record<NeutralKind, PackedPage>;

  function refuse(exchange: Exchange, kind: NeutralKind, headers: readonly string[] = []): void {
    responder.sendPage(exchange, neutral[kind], headers);
  }

  function serveAsset(exchange: Exchange, path: string): void {
    exchange.kind = 'asset';
    const asset = assets.find(path);
    if (asset === undefined) refuse(exchange, 404);
    else if (acceptsGzip(exchange.request.headers['accept-encoding'])) {
      responder.send(exchange, 200, asset.gzipHeaders, asset.gzip);
    } else responder.send(exchange, 200, asset.headers, asset.body);
  }

  async function serveNotOpen(exchange: Exchange, site: Site): Promise<void> {
    exchange.kind = 'page';
    exchange.unitId = site.unit.unitId;
    responder.sendPage(exchange, await renderer.error('notOpen', site));
  }

  return (request, response) => {
    const exchange = beginExchange(request, response);
    const target = readTarget(request);
    if (typeof target === 'number') {
      refuse(exchange, target, ['connection', 'close']);
      return;
    }
    exchange.target = target;
    const destination = sites.resolve(target.host);
    if (destination.kind === 'admin' && !target.path.startsWith('/assets/')) {
      serveAdmin(exchange);
      return;
    }
    if (!rateLimiter.take(addressKey(exchange.address))) {
      refuse(exchange, 429, ['retry-after', '1']);
      return;
    }
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      refuse(exchange, 405, ['allow', 'GET, HEAD']);
      return;
    }
    if (target.path.startsWith('/assets/')) {
      serveAsset(exchange, target.path);
    } else if (destination.kind === 'live') {
      publicPages.serve(exchange, destination.site);
    } else if (destination.kind === 'draft') {
      responder.settle(exchange, serveNotOpen(exchange, destination.site));
    } else if (destination.kind === 'alias') {
      const port = target.port === '' ? '' : `:${target.port}`;
      const query = target.query === '' ? '' : `?${target.query}`;
      // Without a scheme: it stays the one the visitor came by.
      responder.redirect(exchange, `//${destination.canonicalHost}${port}${target.path}${query}`);
    } else if (sitesReady()) {
      exchange.kind = 'unknown-host';
      refuse(exchange, 421);
    } else {
      refuse(exchange, 503, ['retry-after', '5']);
    }
  };
}

// Ids are unique by process and number: a random one per request would be the dearest part of a cached page.
const idPrefix = randomBytes(9).toString('base64url');
let idNumber = 0;

function beginExchange(request: IncomingMessage, response: ServerResponse): Exchange {
  idNumber += 1;
  return {
    request,
    response,
    requestId: `${idPrefix}-${idNumber.toString(36)}`,
    startedAt: performance.now(),
    address: request.socket.remoteAddress ?? '',
    target: undefined,
    kind: 'refused',
    unitId: '',
    cache: '',
    rpc: '',
    reason: '',
  };
}
