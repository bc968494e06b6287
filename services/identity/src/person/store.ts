import type { Aggregate, Change } from '@portal/events';
import { aggregateSchema, createUpcaster, trusted } from '@portal/mongo';
import type { Mongo } from '@portal/mongo';
import type { Person } from './domain.ts';

interface PersonDocument extends Omit<Person, 'personId'> {
  _id: string;
  schemaVersion: number;
}

const schemaVersion = 1;
const upcast = createUpcaster<PersonDocument>({ current: schemaVersion, steps: {} });

export interface PersonStore {
  find(personId: string): Promise<Person | undefined>;
  /** Ids of people with work that is due, the longest due first; another process may be at it. */
  listDue(now: Date, limit: number): Promise<string[]>;
  /** For `commit`: the person's next state. */
  change(person: Person): Change;
}

export function createPersonStore(mongo: Mongo): PersonStore {
  const schema = aggregateSchema('people', {
    username: { type: String, required: true },
    mirror: { type: Boolean, required: true },
    endSessions: { type: Boolean, required: true },
    dueTime: { type: Date, default: null },
    claimedUntil: { type: Date, default: null },
    attempts: { type: Number, required: true },
  });
  schema.index({ dueTime: 1 });
  const model = mongo.model<PersonDocument>('Person', schema);
  // No topic: nobody else needs to know what is left to do.
  const aggregate: Aggregate = { name: 'person', topic: '', model };

  return {
    async find(personId) {
      const document = await model.findOne({ _id: personId }).lean();
      if (document === null) return undefined;
      const { _id, schemaVersion: _, ...person } = upcast(document);
      return { personId: _id, ...person };
    },
    async listDue(now, limit) {
      const due = { dueTime: trusted({ $lte: now }) };
      const documents = await model.find(due, { _id: 1 }).sort({ dueTime: 1 }).limit(limit).lean();
      return documents.map(({ _id }) => _id);
    },
    change({ personId: id, version, ...next }) {
      return { aggregate, id, expectedVersion: version - 1, next, schemaVersion, facts: [] };
    },
  };
}
