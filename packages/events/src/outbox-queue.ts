import type { Mongo } from '@portal/mongo';
import { outboxModel } from './outbox.ts';
import type { OutboxRow } from './outbox.ts';

/** A place in the order of the queue. */
export type QueuePosition = Pick<OutboxRow, 'topic' | 'key'>;

/** The outbox as the relay sees it. What the store throws comes out as it is. */
export interface OutboxQueue {
  /** Rows that wait, by aggregate and in version order within it, after `after` in that order. */
  unsent(after: QueuePosition | undefined, withoutTopics: readonly string[], limit: number): Promise<OutboxRow[]>;
  /** Of rows of one aggregate in their order: what was sent of it that is newer than the last of them, the newest version only. */
  sentAfter(rows: readonly OutboxRow[]): Promise<OutboxRow[]>;
  /** Marks rows that the brokers have, except those that were put back since they were read. */
  markSent(rows: readonly OutboxRow[]): Promise<void>;
  /** The newest version of each of the rows' aggregates is to be sent again. */
  requeueLatest(rows: readonly OutboxRow[]): Promise<void>;
  park(row: OutboxRow, because: string): Promise<void>;
  /** Rows that were parked before `before`. */
  parkedBefore(before: Date, limit: number): Promise<OutboxRow[]>;
  countUnsent(): Promise<{ waiting: number; parked: number }>;
}

const inOrder = { topic: 1, key: 1, version: 1, n: 1 } as const;

export function createOutboxQueue(mongo: Mongo): OutboxQueue {
  const model = outboxModel(mongo);
  // The driver's collection: filters here are ours alone, and rows need no mongoose documents.
  const rowsOf = (filter: object, options: object = {}) => model.collection.find(filter as never, options);
  const read = async (cursor: ReturnType<typeof rowsOf>): Promise<OutboxRow[]> =>
    (await cursor.toArray()) as unknown as OutboxRow[];

  return {
    unsent(after, withoutTopics, limit) {
      const beyond = after && {
        $or: [{ topic: { $gt: after.topic } }, { topic: after.topic, key: { $gt: after.key } }],
      };
      const others = withoutTopics.length > 0 && { topic: { $nin: withoutTopics } };
      const filter = { $and: [{ sentAt: null, parkedAt: null }, beyond || {}, others || {}] };
      // Snapshot: a plain scan could pass the place of version 3 before it is committed and then meet version 4.
      return read(
        rowsOf(filter, { readConcern: { level: 'snapshot' } })
          .sort(inOrder)
          .limit(limit),
      );
    },
    async sentAfter(rows) {
      const last = rows.at(-1);
      if (last === undefined) return [];
      const { topic, key, version, n } = last;
      const newer = { $or: [{ version: { $gt: version } }, { version, n: { $gt: n } }] };
      const sent = await read(rowsOf({ topic, key, sentAt: { $ne: null }, ...newer }).sort(inOrder));
      const newest = sent.at(-1)?.version;
      return sent.filter((row) => row.version === newest);
    },
    async markSent(rows) {
      const sent = { $set: { sentAt: new Date() }, $unset: { parkedAt: '', parkedBecause: '' } };
      for (const step of inSteps(rows)) {
        for (const [requeues, same] of Map.groupBy(step, (row) => row.requeues)) {
          const unchanged = { _id: { $in: same.map(({ _id }) => _id) }, requeues };
          await model.collection.updateMany(unchanged as never, sent);
        }
      }
    },
    async requeueLatest(rows) {
      const aggregates = Map.groupBy(rows, ({ topic, key }) => `${topic}\n${key}`);
      for (const [row] of aggregates.values()) {
        if (row === undefined) continue;
        const { topic, key } = row;
        const [newest] = await read(rowsOf({ topic, key }).sort({ version: -1 }).limit(1));
        if (newest === undefined) continue;
        const again = { $set: { sentAt: null }, $inc: { requeues: 1 } };
        await model.collection.updateMany({ topic, key, version: newest.version }, again);
      }
    },
    async park({ _id }, because) {
      const parked = { parkedAt: new Date(), parkedBecause: because.slice(0, 500) };
      await model.collection.updateOne({ _id: _id as never }, { $set: parked });
    },
    parkedBefore: (before, limit) =>
      read(
        rowsOf({ parkedAt: { $lte: before }, sentAt: null })
          .sort(inOrder)
          .limit(limit),
      ),
    async countUnsent() {
      const [unsent, parked] = await Promise.all([
        model.collection.countDocuments({ sentAt: null }),
        model.collection.countDocuments({ parkedAt: { $exists: true } }),
      ]);
      return { waiting: unsent - parked, parked };
    },
  };
}

/**
 * The first row of every aggregate, then the second ones, and so on. Marked in steps, a crash in between leaves newer
 * versions unmarked, never older ones, which would then be sent last. A transaction would do as well, but one whose
 * process is killed locks its rows for a minute.
 */
function inSteps(rows: readonly OutboxRow[]): OutboxRow[][] {
  const steps: OutboxRow[][] = [];
  for (const aggregate of Map.groupBy(rows, ({ topic, key }) => `${topic}\n${key}`).values()) {
    for (const [index, row] of aggregate.entries()) (steps[index] ??= []).push(row);
  }
  return steps;
}
