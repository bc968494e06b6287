import { setTimeout as delay } from 'node:timers/promises';
import mongoose from 'mongoose';
import type { Model, Schema } from 'mongoose';
import { mapErrorsOf, mapMongoError } from './errors.ts';
import { runTransaction } from './transaction.ts';
import type { AnyModel, AnySchema, Mongo, MongoInit } from './types.ts';

// A misspelt field in a filter would match everything, an object from outside could be an operator.
mongoose.set({
  strictQuery: 'throw',
  sanitizeFilter: true,
  bufferCommands: false,
  autoIndex: false,
  autoCreate: false,
});

/**
 * A frozen or dead server is noticed within about three seconds, and calls that wait for it fail then; without the short
 * heartbeat writes resumed 14 s after a kill instead of 5 s.
 */
const driverOptions = {
  heartbeatFrequencyMS: 1_000,
  connectTimeoutMS: 2_000,
  serverSelectionTimeoutMS: 3_000,
  waitQueueTimeoutMS: 5_000,
  maxPoolSize: 50,
  writeConcern: { w: 'majority', journal: true },
  readConcern: { level: 'majority' },
  retryReads: true,
  retryWrites: true,
} as const;

const retryEveryMs = 1_000;
const pingTimeoutMs = 2_000;

/** The connection of a service to its own database. Nothing is opened before `start`. */
export function createMongo({ url, database, appName, log, startTimeoutMs = 60_000 }: MongoInit): Mongo {
  const connection = mongoose.createConnection();
  const stopping = new AbortController();

  const open = async (): Promise<void> => {
    const deadline = performance.now() + startTimeoutMs;
    for (;;) {
      try {
        await connection.openUri(url, { ...driverOptions, dbName: database, appName });
        return;
      } catch (error) {
        if (performance.now() + retryEveryMs > deadline || stopping.signal.aborted) throw mapMongoError(error);
        log.warn({ database, err: error }, 'mongo is away, trying again');
      }
      await delay(retryEveryMs, undefined, { signal: stopping.signal });
    }
  };

  const mongo: Mongo = {
    name: 'mongo',
    connection,
    async start() {
      await open();
      await mongo.ensureIndexes();
      log.info({ database }, 'mongo connected');
    },
    async stop() {
      stopping.abort();
      await connection.close();
    },
    ready: () => connection.readyState === mongoose.ConnectionStates.connected,
    model<T>(name: string, schema: AnySchema, options: { collection?: string } = {}): Model<T> {
      const known = connection.models[name];
      if (known !== undefined) {
        if (known.schema !== schema) throw new Error(`model ${name} exists with another schema`);
        return known as Model<T>;
      }
      const collection = options.collection ?? schema.get<'collection'>('collection');
      if (collection === undefined) throw new Error(`model ${name} names no collection`);
      mapErrorsOf(schema);
      return connection.model<T>(name, schema as Schema<T>, collection);
    },
    transaction: (fn, options) => runTransaction(connection, fn, options),
    async ensureIndexes() {
      try {
        for (const model of Object.values(connection.models) as AnyModel[]) {
          await model.createCollection();
          await model.createIndexes();
        }
      } catch (error) {
        throw mapMongoError(error);
      }
    },
    async ping() {
      const answer = connection.db?.admin().ping() ?? Promise.reject(new Error('not connected'));
      return Promise.race([
        answer.then(
          () => true,
          () => false,
        ),
        delay(pingTimeoutMs, false, { ref: false }),
      ]);
    },
  };
  return mongo;
}
