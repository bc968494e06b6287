import type { Aggregate, Change, Fact } from '@portal/events';
import { aggregateSchema, createUpcaster, trusted } from '@portal/mongo';
import type { Mongo } from '@portal/mongo';
import type { Revocation, RevocationDecision } from './domain.ts';

interface RevocationDocument extends Omit<Revocation, 'sessionId'> {
  _id: string;
  schemaVersion: number;
}

const schemaVersion = 1;
const upcast = createUpcaster<RevocationDocument>({ current: schemaVersion, steps: {} });

export interface SessionStore {
  readonly aggregate: Aggregate;
  /** Which of these sessions are revoked already. */
  listRevoked(sessionIds: readonly string[]): Promise<string[]>;
  /** Those whose last token has run out, the longest ago first. */
  listExpired(now: Date, limit: number): Promise<Revocation[]>;
  /** For `commit`: the decision's state with what it publishes. */
  change(decision: RevocationDecision): Change;
}

/** `toEvents` says what a decision publishes. */
export function createSessionStore(mongo: Mongo, toEvents: (decision: RevocationDecision) => Fact[]): SessionStore {
  const schema = aggregateSchema('revoked_sessions', {
    personId: { type: String, required: true },
    until: { type: Date, required: true },
  });
  schema.index({ until: 1 });
  const model = mongo.model<RevocationDocument>('RevokedSession', schema);
  const aggregate: Aggregate = { name: 'session', topic: 'portal.identity.session.v1', model };

  return {
    aggregate,
    async listRevoked(sessionIds) {
      const documents = await model.find({ _id: trusted({ $in: [...sessionIds] }) }, { _id: 1 }).lean();
      return documents.map(({ _id }) => _id);
    },
    async listExpired(now, limit) {
      const due = { until: trusted({ $lte: now }) };
      return (await model.find(due).sort({ until: 1 }).limit(limit).lean()).map(read);
    },
    change(decision) {
      const { sessionId: id, version, ...next } = decision.revocation;
      const facts = toEvents(decision);
      return decision.facts.includes('expired')
        ? { aggregate, id, expectedVersion: version, next: null, facts }
        : { aggregate, id, expectedVersion: version - 1, next, schemaVersion, facts };
    },
  };
}

function read(document: RevocationDocument): Revocation {
  const { _id: sessionId, schemaVersion: _, ...revocation } = upcast(document);
  return { sessionId, ...revocation };
}
