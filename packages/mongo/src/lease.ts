import type { ClientSession } from 'mongoose';
import type { Mongo } from './types.ts';

export interface LeaseInit {
  mongo: Mongo;
  /** What is leased: `relay`. */
  name: string;
  /** Unique to the process. */
  owner: string;
  ttlMs: number;
}

export interface Lease {
  /** Takes or prolongs the lease by `ttlMs`; false while another owner has it. Throws when the store is away. */
  acquire(): Promise<boolean>;
  /**
   * Prolongs the lease only if nobody took it since the last `acquire`; inside a transaction the caller's writes then
   * commit only while the lease is his. False once it was taken, however short the other owner had it.
   */
  renew(session?: ClientSession): Promise<boolean>;
  /** How long it surely still lasts, by the monotonic clock of this process; 0 when not held. */
  remainingMs(): number;
  /** Gives it up, so that another owner need not wait. Never throws. */
  release(): Promise<void>;
}

export function createLease(_init: LeaseInit): Lease {
  throw new Error('not built yet');
}
