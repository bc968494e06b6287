import { aborted, alreadyExists, isAppError } from '@portal/errors';
import { Schema, mapMongoError } from '@portal/mongo';
import type { ClientSession, Mongo } from '@portal/mongo';
import { createInbox } from './inbox.ts';
import { outboxModel } from './outbox.ts';
import { prepare } from './prepare.ts';
import type { Prepared, Write } from './prepare.ts';
import type { By, Change, Clock } from './types.ts';

export interface StoreInit {
  mongo: Mongo;
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
   * `expectedVersion + 1`. When it returns, the changes are on disk and their facts will be published.
   * Throws `ABORTED STALE_VERSION` when another commit came first, `ALREADY_EXISTS DUPLICATE` (metadata `index`) when a
   * unique index refuses, `ALREADY_EXISTS ID_RETIRED` for the id of a deleted aggregate, `INTERNAL CHANGE_INVALID` or
   * `DOCUMENT_INVALID` for what breaks the rules, `UNAVAILABLE STORE_UNAVAILABLE` (metadata `commit: unknown` when it
   * may have been written).
   */
  commit(changes: readonly Change[], by: By, options?: CommitOptions): Promise<void>;
}

interface RetiredId {
  _id: string;
  version: number;
}

const retiredSchema = new Schema(
  { _id: { type: String, required: true }, version: { type: Number, required: true } },
  { collection: 'retired_ids', versionKey: false },
);

/** Reasons that a commit also meets when its own first attempt went through and only the answer was lost. */
const ownTraces = new Set(['STALE_VERSION', 'DUPLICATE', 'ID_RETIRED']);

/** Create it before `mongo.start`, which makes its collections. */
export function createStore({ mongo, clock, newId }: StoreInit): Store {
  const outbox = outboxModel(mongo);
  const inbox = createInbox(mongo);
  const retired = mongo.model<RetiredId>('RetiredId', retiredSchema);

  const apply = async ({ writes, rows }: Prepared, session: ClientSession, inboxId?: string): Promise<void> => {
    if (inboxId !== undefined && !(await inbox.enter(inboxId, session))) return;
    for (const write of writes) await applyWrite(write, session);
    // One by one: a bulk write hides from the transaction whether it is worth another attempt.
    for (const row of rows) await outbox.collection.insertOne(row as never, { session });
  };

  const applyWrite = async (write: Write, session: ClientSession): Promise<void> => {
    const { aggregate, id, expectedVersion, document } = write;
    const { collection } = aggregate.model;
    const expected = { _id: id as never, version: expectedVersion };
    const retiredId = `${collection.collectionName}/${id}`;
    if (document === undefined) {
      const { deletedCount } = await collection.deleteOne(expected, { session });
      if (deletedCount === 0) throw staleVersion(write);
      await retired.collection.insertOne({ _id: retiredId as never, version: expectedVersion + 1 }, { session });
    } else if (expectedVersion > 0) {
      const { matchedCount } = await collection.replaceOne(expected, document, { session });
      if (matchedCount === 0) throw staleVersion(write);
    } else {
      // Versions of a second life would begin at 1, and readers, who remember the tombstone, would ignore it.
      if ((await retired.exists({ _id: retiredId }).session(session)) !== null) throw idRetired(write);
      await collection.insertOne(document, { session });
    }
  };

  /** Event ids are made before the first attempt, so rows with them are ours. */
  const wasWritten = async (error: unknown, { rows }: Prepared): Promise<boolean> => {
    const first = rows[0];
    if (first === undefined || !isAppError(error) || !ownTraces.has(error.reason)) return false;
    return (await outbox.exists({ _id: first._id })) !== null;
  };

  return {
    async commit(changes, by, { inbox: inboxId, session } = {}) {
      try {
        const prepared = await prepare(changes, by, { now: clock.now(), newId });
        if (session !== undefined) {
          await apply(prepared, session, inboxId);
          return;
        }
        try {
          await mongo.transaction((own) => apply(prepared, own, inboxId));
        } catch (error) {
          if (!(await wasWritten(error, prepared))) throw error;
        }
      } catch (error) {
        throw mapMongoError(error);
      }
    },
  };
}

function staleVersion({ aggregate, id, expectedVersion }: Write): Error {
  return aborted('STALE_VERSION', { message: `${aggregate.name} ${id} is not at version ${expectedVersion}` });
}

function idRetired({ aggregate, id }: Write): Error {
  return alreadyExists('ID_RETIRED', { message: `${aggregate.name} ${id} was deleted; its id is not used again` });
}
