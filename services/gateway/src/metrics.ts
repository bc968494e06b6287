import type { Metrics } from '@portal/runtime';

/** What kind of place a request went to; a label of metrics, so a closed list. */
export type RequestKind = 'page' | 'asset' | 'api' | 'admin' | 'redirect' | 'unknown-host' | 'refused';

/** How the page cache answered. */
export type CacheResult = 'hit' | 'old' | 'miss' | 'stale';

/** Counts answers. Handles of label sets are kept: looking them up per request costs more than counting. */
export function createGatewayMetrics(metrics: Metrics) {
  const requests = metrics.counter('portal_gateway_requests_total', 'Requests answered.', ['kind', 'status']);
  const seconds = metrics.histogram('portal_gateway_request_seconds', 'Time to answer a request in seconds.', ['kind']);
  const lookups = metrics.counter(
    'portal_gateway_page_cache_lookups_total',
    'Pages served, by how the cache had them.',
    ['result'],
  );
  const entries = metrics.gauge('portal_gateway_page_cache_entries', 'Pages in the cache.');
  const bytes = metrics.gauge('portal_gateway_page_cache_bytes', 'Size of the cached pages in bytes.');
  const purges = metrics.counter('portal_gateway_page_cache_purges_total', 'Purges of a tag.', ['mode']);
  const renderFailures = metrics.counter('portal_gateway_render_failures_total', 'Pages that could not be rendered.', [
    'reason',
  ]);
  const children = new Map<string, { inc(): void }>();
  const durations = new Map<string, { observe(value: number): void }>();
  const results = new Map<string, { inc(): void }>();

  return {
    answered(kind: RequestKind, status: number, ms: number): void {
      const key = `${kind} ${status}`;
      let child = children.get(key);
      if (child === undefined) children.set(key, (child = requests.labels(kind, String(status))));
      child.inc();
      let duration = durations.get(kind);
      if (duration === undefined) durations.set(kind, (duration = seconds.labels(kind)));
      duration.observe(ms / 1000);
    },
    pageServed(result: CacheResult): void {
      let child = results.get(result);
      if (child === undefined) results.set(result, (child = lookups.labels(result)));
      child.inc();
    },
    pageCacheSize(size: { entries: number; bytes: number }): void {
      entries.set(size.entries);
      bytes.set(size.bytes);
    },
    purged(mode: 'evict' | 'refresh'): void {
      purges.inc({ mode });
    },
    renderFailed(reason: string): void {
      renderFailures.inc({ reason });
    },
  };
}

export type GatewayMetrics = ReturnType<typeof createGatewayMetrics>;
