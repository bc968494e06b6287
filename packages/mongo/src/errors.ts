import mongoose from 'mongoose';
import { aborted, alreadyExists, internal, isAppError, unavailable } from '@portal/errors';
import type { AppError } from '@portal/errors';
import { queryForms } from './query-forms.ts';
import type { AnySchema } from './types.ts';

export const transientTransaction = 'TransientTransactionError';
export const unknownCommit = 'UnknownTransactionCommitResult';

const duplicateKey = 11000;
/** WriteConflict, NoSuchTransaction, TransactionTooOld, LockTimeout. */
const conflictCodes = new Set([112, 251, 225, 24]);
/** What a server says that is stopping, is no primary any more, or ran out of time: the same call may work later. */
const awayCodes = new Set([6, 7, 50, 89, 91, 189, 262, 9001, 10058, 10107, 11600, 11602, 13435, 13436]);
/** Errors of the driver, besides those of the network, that never reached a server or lost it on the way. */
const awayNames = new Set([
  'MongoNotConnectedError',
  'MongoOperationTimeoutError',
  'MongoPoolClosedError',
  'MongoServerClosedError',
  'MongoServerSelectionError',
  'MongoStalePrimaryError',
  'MongoTopologyClosedError',
  'MongoClientClosedError',
  'MongoExpiredSessionError',
  'MongoWaitQueueTimeoutError',
  'MongooseServerSelectionError',
]);
/** A document or filter that does not fit its schema: a fault of ours, since requests were validated before. */
const invalidNames = new Set([
  'ValidationError',
  'ValidatorError',
  'CastError',
  'StrictModeError',
  'ObjectExpectedError',
]);

const retryAfterMs = 1_000;

interface DriverError extends Error {
  code?: number | string;
  hasErrorLabel?: (label: string) => boolean;
}

/**
 * The only place that knows the driver's and mongoose's errors. AppErrors pass through. A duplicate key becomes
 * `ALREADY_EXISTS DUPLICATE` with the index in metadata, a write conflict `ABORTED WRITE_CONFLICT`, a store that is away
 * `UNAVAILABLE STORE_UNAVAILABLE`, a document that does not fit its schema `INTERNAL DOCUMENT_INVALID`, any other
 * `INTERNAL STORE_FAILED`.
 */
export function mapMongoError(error: unknown): AppError {
  if (isAppError(error)) return error;
  if (!(error instanceof Error)) return internal('STORE_FAILED', { message: String(error), cause: error });
  const { code, name, message } = error as DriverError;
  const init = { message, cause: error };
  if (code === duplicateKey) {
    return alreadyExists('DUPLICATE', { ...init, metadata: { index: /index: (\S+)/.exec(message)?.[1] ?? 'unknown' } });
  }
  if (typeof code === 'number' && conflictCodes.has(code)) return aborted('WRITE_CONFLICT', init);
  if (isAway(error)) return unavailable('STORE_UNAVAILABLE', { ...init, retryAfterMs });
  if (hasLabel(error, transientTransaction)) return aborted('WRITE_CONFLICT', init);
  return internal(invalidNames.has(name) ? 'DOCUMENT_INVALID' : 'STORE_FAILED', init);
}

/** Whether the driver or mongoose threw it, and not the code between the calls. */
export function isStoreError(error: unknown): boolean {
  return error instanceof mongoose.mongo.MongoError || error instanceof mongoose.Error;
}

export function hasLabel(error: unknown, label: string): boolean {
  return error instanceof Error && (error as DriverError).hasErrorLabel?.(label) === true;
}

function isAway(error: DriverError): boolean {
  const { code, name, message } = error;
  if (typeof code === 'number') return awayCodes.has(code);
  if (error instanceof mongoose.mongo.MongoNetworkError || awayNames.has(name)) return true;
  // The driver's bulk writes hide what happened to the connection; what a server answered has a code.
  if (name === 'MongoBulkWriteError') return true;
  // Without buffering mongoose refuses calls before the first connection with its base error.
  return name === 'MongooseError' && message.includes('initial connection');
}

const mappedSchemas = new WeakSet<AnySchema>();

/** What queries and aggregations of the schema's models throw is mapped. */
export function mapErrorsOf(schema: AnySchema): void {
  // A schema can serve several connections.
  if (mappedSchemas.has(schema)) return;
  mappedSchemas.add(schema);
  const rethrow = (error: unknown): never => {
    throw mapMongoError(error);
  };
  for (const form of [...queryForms, 'aggregate', 'save', 'validate']) {
    schema.post(form as never, { errorHandler: true }, rethrow as never);
  }
}
