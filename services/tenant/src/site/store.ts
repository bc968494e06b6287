import type { Aggregate, Change, Fact } from '@portal/events';
import { aggregateSchema, createUpcaster } from '@portal/mongo';
import type { Mongo } from '@portal/mongo';
import type { Site, SiteDecision } from './domain.ts';

interface SiteDocument extends Omit<Site, 'unitId'> {
  /** The unit's id. */
  _id: string;
  schemaVersion: number;
}

const schemaVersion = 1;
const upcast = createUpcaster<SiteDocument>({ current: schemaVersion, steps: {} });

export interface SiteStore {
  readonly aggregate: Aggregate;
  find(unitId: string): Promise<Site | undefined>;
  /** For `commit`: the decision's state with what it publishes. */
  change(decision: SiteDecision): Change;
}

/** `toEvents` says what a decision publishes. */
export function createSiteStore(mongo: Mongo, toEvents: (decision: SiteDecision) => Fact[]): SiteStore {
  const schema = aggregateSchema('sites', {
    state: { type: String, required: true },
    launchTime: { type: Date, default: null },
    updateTime: { type: Date, required: true },
  });
  const model = mongo.model<SiteDocument>('Site', schema);
  const aggregate: Aggregate = { name: 'site', topic: 'portal.tenant.site.v1', model };

  return {
    aggregate,
    async find(unitId) {
      const document = await model.findOne({ _id: unitId }).lean();
      return document === null ? undefined : read(document);
    },
    change(decision) {
      const { unitId, version, ...next } = decision.site;
      const facts = toEvents(decision);
      return { aggregate, id: unitId, expectedVersion: version - 1, next, schemaVersion, facts };
    },
  };
}

function read(document: SiteDocument): Site {
  const { _id: unitId, schemaVersion: _, ...site } = upcast(document);
  return { unitId, ...site };
}
