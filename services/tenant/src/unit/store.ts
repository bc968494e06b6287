import type { Aggregate, Change, Fact } from '@portal/events';
import { aggregateSchema, createUpcaster, findPage, sortKeyOf } from '@portal/mongo';
import type { Mongo, Page, PageRequest } from '@portal/mongo';
import type { Unit, UnitDecision } from './domain.ts';

interface UnitDocument extends Omit<Unit, 'unitId'> {
  _id: string;
  schemaVersion: number;
  /** Orders `officialName` as a Vietnamese dictionary does. */
  nameKey: string;
}

const schemaVersion = 1;
const upcast = createUpcaster<UnitDocument>({ current: schemaVersion, steps: {} });

export interface UnitStore {
  readonly aggregate: Aggregate;
  find(unitId: string): Promise<Unit | undefined>;
  /** The units directly under one ('' = the platform), by name. */
  listChildren(parentId: string, page: PageRequest): Promise<Page<Unit>>;
  /** For `commit`: the decision's state with what it publishes. */
  change(decision: UnitDecision): Change;
}

/** `toEvents` says what a decision publishes. */
export function createUnitStore(mongo: Mongo, toEvents: (decision: UnitDecision) => Fact[]): UnitStore {
  const schema = aggregateSchema('units', {
    parentId: { type: String, default: '' },
    typeCode: { type: String, required: true },
    officialName: { type: String, required: true },
    shortName: { type: String, default: '' },
    nameKey: { type: String, required: true },
    createTime: { type: Date, required: true },
    updateTime: { type: Date, required: true },
  });
  schema.index({ parentId: 1, nameKey: 1, _id: 1 });
  const model = mongo.model<UnitDocument>('Unit', schema);
  const aggregate: Aggregate = { name: 'unit', topic: 'portal.tenant.unit.v1', model };

  return {
    aggregate,
    async find(unitId) {
      const document = await model.findOne({ _id: unitId }).lean();
      return document === null ? undefined : read(document);
    },
    async listChildren(parentId, page) {
      return findPage({ model, filter: { parentId }, order: { nameKey: 1, _id: 1 }, read }, page);
    },
    change(decision) {
      const { unitId, version, ...fields } = decision.unit;
      const next = { ...fields, nameKey: sortKeyOf(fields.officialName) };
      const facts = toEvents(decision);
      return { aggregate, id: unitId, expectedVersion: version - 1, next, schemaVersion, facts };
    },
  };
}

function read(document: UnitDocument): Unit {
  const { _id: unitId, schemaVersion: _, nameKey: __, ...unit } = upcast(document);
  return { unitId, ...unit };
}
