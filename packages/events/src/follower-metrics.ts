import type { MetricsRegistry } from './types.ts';

export interface FollowerMetrics {
  problem(): void;
  state(stalenessMs: number, entries: Readonly<Record<string, number>>): void;
}

export function createFollowerMetrics(registry: MetricsRegistry | undefined, follower: string): FollowerMetrics {
  const problems = registry?.counter('portal_events_follow_problems_total', 'Messages that could not be handled', [
    'follower',
  ]);
  const staleness = registry?.gauge(
    'portal_events_staleness_seconds',
    'Time since the tables were what the topics said',
    ['follower'],
  );
  const entries = registry?.gauge('portal_events_table_entries', 'Entries of the tables in memory', ['topic']);
  return {
    problem: () => problems?.inc({ follower }),
    state(stalenessMs, counts) {
      if (Number.isFinite(stalenessMs)) staleness?.set({ follower }, stalenessMs / 1_000);
      for (const [topic, count] of Object.entries(counts)) entries?.set({ topic }, count);
    },
  };
}
