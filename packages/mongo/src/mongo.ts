import type { Mongo, MongoInit } from './types.ts';

export function createMongo(_init: MongoInit): Mongo {
  throw new Error('not built yet');
}
