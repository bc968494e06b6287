import type { Log, Mongo } from '@portal/mongo';
import type { KafkaConnection } from './kafka.ts';
import type { Table, Tail } from './table.ts';
import type { MetricsRegistry } from './types.ts';

export interface FollowerInit {
  kafka: KafkaConnection;
  mongo: Mongo;
  service: string;
  /** Unique in the service; its snapshots go by it. */
  name: string;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- tables of any state
  tables: readonly Table<any>[];
  tails?: readonly Tail[];
  log: Log;
  metrics?: MetricsRegistry;
  /** 30,000 by default. */
  snapshotEveryMs?: number;
}

export interface Follower {
  name: string;
  /** Loads the snapshot and connects in background: it does not wait for Kafka. */
  start(): Promise<void>;
  stop(): Promise<void>;
  /** Snapshot loaded or caught up. */
  ready(): boolean;
  /** How long ago the tables surely were what the topics said; Infinity before the first time. */
  stalenessMs(): number;
  /** Resolves once everything that was in the topics when they were reached has been applied. */
  caughtUp(): Promise<void>;
}

export function createFollower(_init: FollowerInit): Follower {
  throw new Error('not built yet');
}
