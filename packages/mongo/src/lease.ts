import { Schema } from 'mongoose';
import { isAppError } from '@portal/errors';
import { mapMongoError } from './errors.ts';
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
   * Whether nobody took the lease since it was acquired, however short another owner had it; prolongs it then. Throws
   * when the store is away.
   */
  renew(): Promise<boolean>;
  /** How long it surely still lasts, by the monotonic clock of this process; 0 when it is not held. */
  remainingMs(): number;
  /** Gives it up, so that another owner need not wait for its end. Never throws. */
  release(): Promise<void>;
}

interface LeaseDocument {
  _id: string;
  owner: string | null;
  /** By the server's clock, the only one that all owners share. */
  until: Date;
  /** Raised whenever the owner changes: tells "still mine" from "mine again". */
  term: number;
}

const leaseSchema = new Schema(
  {
    _id: { type: String, required: true },
    owner: { type: String, default: null },
    until: { type: Date, required: true },
    term: { type: Number, required: true },
  },
  { collection: 'leases', versionKey: false },
);

/**
 * Makes one process at a time do something. Expiry is judged by the server's clock (`$$NOW`), what remains by the
 * monotonic clock here, so clocks of hosts may jump. A process that was frozen can believe for a moment that it holds a
 * lease that it lost: what it did meanwhile it learns to be in doubt by `renew`.
 *
 * Never write leases in a transaction: one whose client was killed keeps its locks for a minute.
 */
export function createLease({ mongo, name, owner, ttlMs }: LeaseInit): Lease {
  const leases = mongo.model<LeaseDocument>('Lease', leaseSchema).collection;
  const prolonged = { $add: ['$$NOW', ttlMs] };
  let term = 0;
  let heldUntil = 0;

  /** The server starts counting after `asked`, so the lease lasts at least until `asked + ttlMs`. */
  const hold = (asked: number): true => {
    heldUntil = asked + ttlMs;
    return true;
  };

  const take = async (): Promise<LeaseDocument | undefined> => {
    // As numbers: the stand-in compares a stored date with $$NOW wrongly.
    const free = { $expr: { $lte: [{ $toLong: '$until' }, { $toLong: '$$NOW' }] } };
    const sameOwner = { $eq: ['$owner', owner] };
    const nextTerm = { $cond: [sameOwner, '$term', { $add: [{ $ifNull: ['$term', 0] }, 1] }] };
    try {
      const taken = await leases.findOneAndUpdate(
        { _id: name as never, $or: [{ owner }, free] },
        [{ $set: { owner, until: prolonged, term: nextTerm } }],
        { upsert: true, returnDocument: 'after' },
      );
      return taken as unknown as LeaseDocument;
    } catch (error) {
      const mapped = mapMongoError(error);
      // Held by another owner: the filter found nothing, and the insert met the document.
      if (isAppError(mapped) && mapped.reason === 'DUPLICATE') return undefined;
      throw mapped;
    }
  };

  return {
    async acquire() {
      const asked = performance.now();
      const taken = await take();
      if (taken === undefined) {
        heldUntil = 0;
        return false;
      }
      term = taken.term;
      return hold(asked);
    },
    async renew() {
      const asked = performance.now();
      try {
        const mine = { _id: name as never, owner, term };
        const { matchedCount } = await leases.updateOne(mine, [{ $set: { until: prolonged } }]);
        if (matchedCount > 0) return hold(asked);
      } catch (error) {
        throw mapMongoError(error);
      }
      heldUntil = 0;
      return false;
    },
    remainingMs: () => Math.max(0, heldUntil - performance.now()),
    async release() {
      heldUntil = 0;
      const free = { $set: { owner: null, until: new Date(0) } };
      await leases.updateOne({ _id: name as never, owner, term }, free).catch(() => undefined);
    },
  };
}
