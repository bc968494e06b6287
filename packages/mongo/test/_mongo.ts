import { randomBytes } from 'node:crypto';
import { createMongo } from '../src/index.ts';
import type { Log, Mongo, MongoInit } from '../src/index.ts';

export const quiet: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

export const randomName = (prefix: string): string => `${prefix}_${randomBytes(6).toString('hex')}`;

const opened: Mongo[] = [];

export function newMongo(init: Partial<MongoInit> = {}): Mongo {
  const url = process.env['MONGO_URL'];
  if (url === undefined) throw new Error('MONGO_URL is not set');
  const mongo = createMongo({ url, database: randomName('mongo'), appName: 'test', log: quiet, ...init });
  opened.push(mongo);
  return mongo;
}

/** For afterAll: drops the databases and closes what the file opened. */
export async function closeAll(): Promise<void> {
  for (const mongo of opened) {
    if (mongo.ready()) await mongo.connection.dropDatabase();
    await mongo.stop();
  }
}
