import { setTimeout as delay } from 'node:timers/promises';
import { AppError, unavailable } from '@portal/errors';
import type { ClientSession, Connection } from 'mongoose';
import { hasLabel, isStoreError, mapMongoError, transientTransaction, unknownCommit } from './errors.ts';
import type { TransactionOptions } from './types.ts';

const defaultTimeoutMs = 10_000;
const firstPauseMs = 5;
const longestPauseMs = 200;

/** Acknowledged means on disk of a majority: what a caller was told is done survives `kill -9`. */
const options = {
  readConcern: { level: 'snapshot' },
  writeConcern: { w: 'majority', journal: true },
  readPreference: 'primary',
  maxCommitTimeMS: 5_000,
} as const;

/** See `Mongo.transaction`, whose contract this is. The driver's own runner goes on for up to two minutes. */
export async function runTransaction<T>(
  connection: Connection,
  fn: (session: ClientSession) => Promise<T>,
  { signal, timeoutMs = defaultTimeoutMs }: TransactionOptions = {},
): Promise<T> {
  const deadline = performance.now() + timeoutMs;
  const mayGoOn = (): boolean => performance.now() < deadline && signal?.aborted !== true;
  let session: ClientSession | undefined;
  try {
    session = await connection.startSession();
    for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(pauseMs * 2, longestPauseMs)) {
      try {
        return await attempt(session, fn, mayGoOn);
      } catch (error) {
        if (!hasLabel(originOf(error), transientTransaction) || !mayGoOn()) throw error;
      }
      // Two writers that met once would meet again: random pauses part them.
      await delay(pauseMs * Math.random());
    }
  } catch (error) {
    throw isStoreError(error) ? mapMongoError(error) : error;
  } finally {
    // The session may have died with the server.
    await session?.endSession().catch(() => undefined);
  }
}

async function attempt<T>(
  session: ClientSession,
  fn: (session: ClientSession) => Promise<T>,
  mayGoOn: () => boolean,
): Promise<T> {
  session.startTransaction(options);
  let result: T;
  try {
    result = await fn(session);
  } catch (error) {
    await session.abortTransaction().catch(() => undefined);
    throw error;
  }
  await commit(session, mayGoOn);
  return result;
}

/** A commit may be repeated: the server knows the transaction by its number and answers the same. */
async function commit(session: ClientSession, mayGoOn: () => boolean): Promise<void> {
  for (;;) {
    try {
      await session.commitTransaction();
      return;
    } catch (error) {
      if (!hasLabel(error, unknownCommit)) throw error;
      if (!mayGoOn()) throw outcomeUnknown(error);
    }
    await delay(firstPauseMs);
  }
}

function outcomeUnknown(error: unknown): AppError {
  const { message } = mapMongoError(error);
  return unavailable('STORE_UNAVAILABLE', {
    message,
    metadata: { commit: 'unknown' },
    retryAfterMs: 1_000,
    cause: error,
  });
}

/** Queries of models throw mapped errors, so inside `fn` the driver's error with its labels is the cause. */
function originOf(error: unknown): unknown {
  return error instanceof AppError ? error.cause : error;
}
