import type { Aggregate, Change } from '@portal/events';
import { aggregateSchema } from '@portal/mongo';
import type { Mongo } from '@portal/mongo';
import { assertOperatorStays, isLastingOperator, platformRole } from '../grant/domain.ts';
import type { Grant } from '../grant/domain.ts';
import type { GrantStore } from '../grant/store.ts';

/**
 * One document that stands for the platform having operators. Commits that must not pass each other raise its version:
 * the first operator is made once for ever, and two that take the last two operators do not both succeed.
 */
export interface Operators {
  /** Was the first operator made? */
  exist(): Promise<boolean>;
  /** For the commit that makes the first operator; fails where there was one. */
  firstMade(): Change;
  /** For the commit that takes this grant. Throws LAST_OPERATOR. */
  taking(grant: Grant): Promise<Change[]>;
}

const id = 'platform';

/** Create it before `mongo.start`, which makes its collection. */
export function createOperators(mongo: Mongo, grants: Pick<GrantStore, 'listByRole'>): Operators {
  const model = mongo.model<{ _id: string; version: number }>('Operators', aggregateSchema('operators', {}));
  // No topic: what others need to know the grants say.
  const aggregate: Aggregate = { name: 'operators', topic: '', model };

  const version = async (): Promise<number> => (await model.findOne({ _id: id }).lean())?.version ?? 0;
  const bump = (expectedVersion: number): Change => ({ aggregate, id, expectedVersion, next: {}, facts: [] });

  return {
    exist: async () => (await version()) > 0,
    firstMade: () => bump(0),
    async taking(grant) {
      if (!isLastingOperator(grant)) return [];
      // Before the grants: whoever takes one of them after we have read them makes our commit fail.
      const seen = await version();
      assertOperatorStays(await grants.listByRole('', platformRole), grant.grantId);
      return [bump(seen)];
    },
  };
}
