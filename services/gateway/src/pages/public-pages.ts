import { isAppError } from '@portal/errors';
import type { Logger } from '@portal/runtime';
import type { Exchange, Responder } from '../http/exchange.ts';
import type { GatewayMetrics } from '../metrics.ts';
import type { Site } from '../sites/sites.ts';
import type { PageCache, Served } from './page-cache.ts';
import type { PackedPage } from './packed-page.ts';
import { pageTokenKey, postPathPrefix } from './render.ts';
import type { Renderer } from './render.ts';

export interface PublicPages {
  /** Answers a GET or HEAD of a live site. */
  serve(exchange: Exchange, site: Site): void;
}

export interface PublicPagesInit {
  cache: PageCache<PackedPage>;
  renderer: Renderer;
  responder: Responder;
  metrics: GatewayMetrics;
  log: Logger;
}

/** A page's address inside a site. */
interface Route {
  page: 'home' | 'post' | 'missing';
  /** What the page is about: the token of a part of the list, the id of a post. */
  about: string;
}

const missingRoute: Route = { page: 'missing', about: '' };
const homeRoute: Route = { page: 'home', about: '' };
const postPattern = /^(?:[a-z0-9-]*-)?([0-9a-f]{24})$/;
const maxTokenLength = 1000;
/** Says that this is the last good copy, because the page could not be rendered now. Its age is in `age`. */
const staleHeader = 'x-portal-stale';

export function createPublicPages(init: PublicPagesInit): PublicPages {
  const { cache, renderer, responder, metrics, log } = init;

  function send(exchange: Exchange, { page, state, renderedAt }: Served<PackedPage>): void {
    exchange.cache = state;
    metrics.pageServed(state);
    const asked = exchange.target?.path ?? '';
    if (page.path !== '' && page.path !== asked) {
      responder.redirect(exchange, page.path);
    } else if (state === 'stale') {
      const age = Math.max(0, Math.round((Date.now() - renderedAt) / 1000));
      responder.sendPage(exchange, page, [staleHeader, '1', 'age', String(age)]);
    } else {
      responder.sendPage(exchange, page);
    }
  }

  function render(site: Site, { page, about }: Route, exchange: Exchange): Promise<PackedPage> {
    if (page === 'home') return renderer.home(site, about, exchange);
    if (page === 'post') return renderer.post(site, about, exchange);
    return renderer.error(404, site);
  }

  async function renderAndSend(exchange: Exchange, site: Site, route: Route, key: string): Promise<void> {
    try {
      const served = await cache.get(key, async () => {
        try {
          return await render(site, route, exchange);
        } catch (error) {
          const reason = isAppError(error) ? error.reason : 'INTERNAL';
          metrics.renderFailed(reason);
          log.error({ err: error, requestId: exchange.requestId, host: site.host, page: route.page }, 'render failed');
          throw error;
        }
      });
      metrics.pageCacheSize(cache.size());
      send(exchange, served);
    } catch (error) {
      exchange.reason = isAppError(error) ? error.reason : 'INTERNAL';
      const isAway = isAppError(error) && error.kind !== 'INTERNAL' && error.kind !== 'DATA_LOSS';
      const page = await renderer.error(isAway ? 503 : 500, site);
      responder.sendPage(exchange, page, isAway ? ['retry-after', '5'] : []);
    }
  }

  return {
    serve(exchange, site) {
      exchange.kind = 'page';
      exchange.unitId = site.unit.unitId;
      const { path = '', query = '' } = exchange.target ?? {};
      const route = routeOf(path, query);
      const key = `${site.host}|${route.page}|${route.about}|vi`;
      const found = cache.find(key);
      if (found !== undefined) send(exchange, found);
      else responder.settle(exchange, renderAndSend(exchange, site, route, key));
    },
  };
}

/** Only what a route names counts: other query keys neither reach a page nor make another copy of it. */
function routeOf(path: string, query: string): Route {
  if (path === '/') {
    if (query === '') return homeRoute;
    const about = new URLSearchParams(query).get(pageTokenKey) ?? '';
    return about.length > maxTokenLength ? missingRoute : { page: 'home', about };
  }
  if (path.startsWith(postPathPrefix)) {
    const about = postPattern.exec(path.slice(postPathPrefix.length))?.[1];
    if (about !== undefined) return { page: 'post', about };
  }
  return missingRoute;
}
