import { isAppError } from '@portal/errors';
import type { Aggregate, Change, Fact } from '@portal/events';
import { aggregateSchema, createUpcaster, findPage, trusted, unitScoped } from '@portal/mongo';
import type { Mongo, Page, PageRequest } from '@portal/mongo';
import { grantExists, rootAdminExists, rootRole } from './domain.ts';
import type { Grant, GrantDecision } from './domain.ts';

interface GrantDocument extends Omit<Grant, 'grantId'> {
  _id: string;
  schemaVersion: number;
}

const schemaVersion = 1;
const upcast = createUpcaster<GrantDocument>({ current: schemaVersion, steps: {} });

const oneRootPerUnit = 'one_root_per_unit';
const oneGrantPerRole = 'one_grant_per_role';

export interface GrantStore {
  readonly aggregate: Aggregate;
  /** Undefined for another unit's grant too. */
  find(unitId: string, grantId: string): Promise<Grant | undefined>;
  /** In the order they were given. */
  list(unitId: string, page: PageRequest): Promise<Page<Grant>>;
  listByRole(unitId: string, role: string): Promise<Grant[]>;
  listOfPerson(personId: string): Promise<Grant[]>;
  /** Those that have run out, the longest ago first. */
  listExpired(now: Date, limit: number): Promise<Grant[]>;
  /** For `commit`: the decision's state with what it publishes. */
  change(decision: GrantDecision): Change;
}

/** `toEvents` says what a decision publishes. */
export function createGrantStore(mongo: Mongo, toEvents: (decision: GrantDecision) => Fact[]): GrantStore {
  const schema = aggregateSchema('grants', {
    unitId: String,
    personId: { type: String, required: true },
    username: { type: String, required: true },
    role: { type: String, required: true },
    subtree: { type: Boolean, required: true },
    until: { type: Date, default: null },
    createTime: { type: Date, required: true },
    givenBy: { type: String, required: true },
  });
  unitScoped(schema);
  schema.index({ unitId: 1 }, { name: oneRootPerUnit, unique: true, partialFilterExpression: { role: rootRole } });
  schema.index({ unitId: 1, role: 1, personId: 1 }, { name: oneGrantPerRole, unique: true });
  schema.index({ unitId: 1, createTime: 1, _id: 1 });
  schema.index({ personId: 1 });
  schema.index({ until: 1 });
  const model = mongo.model<GrantDocument>('Grant', schema);
  const aggregate: Aggregate = { name: 'grant', topic: 'portal.identity.grant.v1', model };

  return {
    aggregate,
    async find(unitId, grantId) {
      const document = await model.findOne({ _id: grantId, unitId }).lean();
      return document === null ? undefined : read(document);
    },
    async list(unitId, page) {
      return findPage({ model, filter: { unitId }, order: { createTime: 1, _id: 1 }, read }, page);
    },
    async listByRole(unitId, role) {
      return (await model.find({ unitId, role }).lean()).map(read);
    },
    async listOfPerson(personId) {
      const options = { acrossUnits: 'a person has one account for all units' };
      return (await model.find({ personId }, null, options).lean()).map(read);
    },
    async listExpired(now, limit) {
      const options = { acrossUnits: 'due-date sweep' };
      // A grant without end holds null, which no comparison with a date finds.
      const due = { until: trusted({ $lte: now }) };
      return (await model.find(due, null, options).sort({ until: 1 }).limit(limit).lean()).map(read);
    },
    change(decision) {
      const { grantId: id, version, ...next } = decision.grant;
      const facts = toEvents(decision);
      return decision.facts.includes('taken')
        ? { aggregate, id, expectedVersion: version, next: null, facts }
        : { aggregate, id, expectedVersion: version - 1, next, schemaVersion, facts };
    },
  };
}

/** The unique indexes decide races; what they refuse is said in the domain's words. Other errors come back as they are. */
export function explainDuplicate(error: unknown, { role, unitId }: Grant): unknown {
  if (!isAppError(error) || error.reason !== 'DUPLICATE') return error;
  if (error.metadata.index === oneRootPerUnit) return rootAdminExists(unitId);
  if (error.metadata.index === oneGrantPerRole) return grantExists(role, unitId);
  return error;
}

function read(document: GrantDocument): Grant {
  const { _id: grantId, schemaVersion: _, ...grant } = upcast(document);
  return { grantId, ...grant };
}
