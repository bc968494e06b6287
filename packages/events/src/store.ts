import type { ClientSession, Mongo } from '@portal/mongo';
import type { By, Change, Clock } from './types.ts';

export interface StoreInit {
  mongo: Mongo;
  service: string;
  clock: Clock;
  newId: () => string;
}

export interface CommitOptions {
  /** Of a consumer: unique to effect and event. Seen before: nothing is written, and the call succeeds. */
  inbox?: string;
  /** Joins this transaction instead of running its own. */
  session?: ClientSession;
}

export interface Store {
  /**
   * Writes all changes and their facts, or nothing; the only function that writes aggregates. The new version is
   * `expectedVersion + 1`. Throws `ABORTED STALE_VERSION` when another commit came first, `ALREADY_EXISTS DUPLICATE`
   * (metadata `index`) when a unique index or a used id refuses, `INTERNAL` for a document or fact that breaks the rules,
   * and `UNAVAILABLE STORE_UNAVAILABLE`.
   */
  commit(changes: readonly Change[], by: By, options?: CommitOptions): Promise<void>;
}

export function createStore(_init: StoreInit): Store {
  throw new Error('not built yet');
}
