import type { MetricsRegistry } from './types.ts';

export interface RelayMetrics {
  sent(rows: number): void;
  failed(what: 'record' | 'topic' | 'broker' | 'lease' | 'store'): void;
  requeued(): void;
  waiting(unsent: number, parked: number): void;
}

export function createRelayMetrics(registry: MetricsRegistry | undefined): RelayMetrics {
  const sent = registry?.counter(
    'portal_events_relay_sent_total',
    'Messages published, tombstones and repetitions included',
  );
  const failures = registry?.counter(
    'portal_events_relay_failures_total',
    'Attempts to publish that failed, by reason',
    ['reason'],
  );
  const requeues = registry?.counter(
    'portal_events_relay_requeues_total',
    'Times the latest state was put back after a lost lease',
  );
  const unsent = registry?.gauge('portal_events_outbox_unsent', 'Facts that wait for being published');
  const parked = registry?.gauge('portal_events_outbox_parked', 'Facts set aside because Kafka refuses them');
  return {
    sent: (rows) => sent?.inc({}, rows),
    failed: (reason) => failures?.inc({ reason }),
    requeued: () => requeues?.inc({}),
    waiting(unsentRows, parkedRows) {
      unsent?.set({}, unsentRows);
      parked?.set({}, parkedRows);
    },
  };
}
