import type { Mongo } from '@portal/mongo';

interface Find {
  collection: string;
  filter: object;
  options: object;
}

/** Runs `work` and names, for each find it makes, the index that the server reads for it; '' where it reads everything. */
export async function indexesReadBy(mongo: Mongo, work: () => Promise<unknown>): Promise<string[]> {
  const finds: Find[] = [];
  mongo.connection.set('debug', (collection: string, method: string, filter: object, options: object) => {
    if (method === 'find') finds.push({ collection, filter, options });
  });
  try {
    await work();
  } finally {
    mongo.connection.set('debug', false);
  }
  return Promise.all(
    finds.map(async ({ collection, filter, options }) => {
      const plan = await mongo.connection.collection(collection).find(filter, options).explain();
      return /"indexName":"([^"]+)"/.exec(JSON.stringify(plan.queryPlanner.winningPlan))?.[1] ?? '';
    }),
  );
}
