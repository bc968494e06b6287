import { aborted, isAppError } from '@portal/errors';
import type { Aggregate, Change, Fact } from '@portal/events';
import { aggregateSchema, createUpcaster, unitScoped } from '@portal/mongo';
import type { Mongo } from '@portal/mongo';
import { hostTaken } from './domain.ts';
import type { DomainBinding, DomainBindingDecision } from './domain.ts';

interface DomainBindingDocument extends Omit<DomainBinding, 'host'> {
  /** The host: nothing else keeps it unique for ever. */
  _id: string;
  schemaVersion: number;
}

const oneCanonicalPerUnit = 'one_canonical_per_unit';
const schemaVersion = 1;
const upcast = createUpcaster<DomainBindingDocument>({ current: schemaVersion, steps: {} });

export interface DomainBindingStore {
  readonly aggregate: Aggregate;
  /** Whoever holds it. */
  find(host: string): Promise<DomainBinding | undefined>;
  /** The hosts of a unit, the canonical one first; a unit has a handful. */
  listOfUnit(unitId: string): Promise<DomainBinding[]>;
  /** For `commit`: the decision's state with what it publishes. */
  change(decision: DomainBindingDecision): Change;
}

/** `toEvents` says what a decision publishes. */
export function createDomainBindingStore(
  mongo: Mongo,
  toEvents: (decision: DomainBindingDecision) => Fact[],
): DomainBindingStore {
  const schema = aggregateSchema('domain_bindings', {
    unitId: { type: String, required: true },
    canonical: { type: Boolean, required: true },
    createTime: { type: Date, required: true },
  });
  unitScoped(schema);
  schema.index({ unitId: 1, canonical: -1, _id: 1 });
  const onlyOne = { unique: true, partialFilterExpression: { canonical: true } };
  // Two hosts bound at the same moment must not both become the canonical one.
  schema.index({ unitId: 1 }, { name: oneCanonicalPerUnit, ...onlyOne });
  const model = mongo.model<DomainBindingDocument>('DomainBinding', schema);
  const aggregate: Aggregate = { name: 'domain-binding', topic: 'portal.tenant.domain-binding.v1', model };

  return {
    aggregate,
    async find(host) {
      const acrossUnits = 'a host is unique on the whole platform';
      const document = await model.findOne({ _id: host }, null, { acrossUnits }).lean();
      return document === null ? undefined : read(document);
    },
    async listOfUnit(unitId) {
      const documents = await model.find({ unitId }).sort({ canonical: -1, _id: 1 }).lean();
      return documents.map(read);
    },
    change(decision) {
      const { host, version, ...next } = decision.binding;
      const facts = toEvents(decision);
      return { aggregate, id: host, expectedVersion: version - 1, next, schemaVersion, facts };
    },
  };
}

/** What `commit` throws for a binding, in the domain's words where it lost a race; anything else as it came. */
export function explainLostRace(error: unknown, { host }: DomainBinding): unknown {
  if (!isAppError(error) || error.reason !== 'DUPLICATE') return error;
  if (error.metadata.index !== oneCanonicalPerUnit) return hostTaken(host);
  return aborted('STALE_VERSION', { message: 'the unit got another host meanwhile', cause: error });
}

function read(document: DomainBindingDocument): DomainBinding {
  const { _id: host, schemaVersion: _, ...binding } = upcast(document);
  return { host, ...binding };
}
