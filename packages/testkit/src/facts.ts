import { toJson } from '@portal/contracts';
import { createRawTopics } from '@portal/events';
import type { Event, JsonObject, RawMessage, RawTopics } from '@portal/events';
import { newId } from '@portal/runtime';
import { onCleanup } from './cleanup.ts';
import { endpoints } from './endpoints.ts';
import type { TestNames } from './names.ts';

export interface UnitFact {
  unitId: string;
  parentId?: string;
  officialName?: string;
}

export interface GrantFact {
  personId: string;
  /** `ROLE_EDITOR` */
  role: string;
  /** '' for the platform. */
  unitId: string;
  subtree?: boolean;
  until?: Date;
}

/** What other services publish, in the topics of one test file. */
export interface Facts {
  /** Publishes the state of one aggregate as its owner would; null data is a tombstone. */
  publishState(topic: string, key: string, version: number, type: string, data: JsonObject | null): Promise<void>;
  /**
   * Publishes units and grants that exist; returns the grants' ids in the order given. Afterwards all topics are there
   * that a service must have read to be ready.
   */
  grantsAndUnits(given: { units?: readonly UnitFact[]; grants?: readonly GrantFact[] }): Promise<string[]>;
  /** Takes a grant as identity does: a final fact, then the tombstone. */
  takeGrant(grantId: string): Promise<void>;
  /** Everything a topic (named without prefix) holds now. */
  rawTopic(topic: string): Promise<RawMessage[]>;
}

const unitTopic = 'portal.tenant.unit.v1';
const grantTopic = 'portal.identity.grant.v1';
const sessionTopic = 'portal.identity.session.v1';
const past = new Date('2025-01-01T00:00:00Z');

/** Facts for the services of one test file; they learn of them within moments: wait with `eventually`. */
export function createFacts({ topicPrefix }: TestNames): Facts {
  let topics: RawTopics | undefined;
  const open = (): RawTopics => {
    if (topics === undefined) {
      const opened = createRawTopics({ brokers: endpoints().kafkaBrokers, topicPrefix });
      onCleanup(() => opened.close());
      topics = opened;
    }
    return topics;
  };
  const event = (topic: string, key: string, version: number, type: string, data: JsonObject | null): Event => {
    return { id: newId(), topic, key, version, type, data, time: new Date(), actorId: 'test' };
  };

  return {
    publishState: (topic, key, version, type, data) =>
      open().publish(serviceOf(topic), [event(topic, key, version, type, data)]),

    async grantsAndUnits({ units = [], grants = [] }) {
      // A service is not ready before every topic that it follows is there.
      await open().create([unitTopic, grantTopic, sessionTopic]);
      const unitEvents = units.map((unit) =>
        event(unitTopic, unit.unitId, 1, 'portal.tenant.unit.created.v1', unitData(unit)),
      );
      const grantEvents = grants.map((grant) => {
        const grantId = newId();
        return event(grantTopic, grantId, 1, 'portal.identity.grant.given.v1', grantData(grantId, grant));
      });
      if (unitEvents.length > 0) await open().publish(serviceOf(unitTopic), unitEvents);
      if (grantEvents.length > 0) await open().publish(serviceOf(grantTopic), grantEvents);
      return grantEvents.map(({ key }) => key);
    },

    async takeGrant(grantId) {
      const type = 'portal.identity.grant.taken.v1';
      const gone = toJson('portal.identity.v1.GrantEvent', { grant: { grantId }, taken: true });
      await open().publish(serviceOf(grantTopic), [
        event(grantTopic, grantId, 2, type, gone),
        event(grantTopic, grantId, 3, type, null),
      ]);
    },

    rawTopic: (topic) => open().read(topic),
  };
}

/** `portal.tenant.unit.v1` is published by tenant. */
function serviceOf(topic: string): string {
  return topic.split('.')[1] ?? '';
}

function unitData({ unitId, parentId = '', officialName = 'Trường Tiểu học Thử nghiệm' }: UnitFact): JsonObject {
  const unit = { unitId, parentId, typeCode: 'TH', officialName, shortName: '', createTime: past, updateTime: past };
  return toJson('portal.tenant.v1.UnitEvent', { unit: { ...unit, etag: '1' } });
}

function grantData(grantId: string, { personId, role, unitId, subtree = false, until }: GrantFact): JsonObject {
  const grant = { grantId, personId, username: 'test', role, unitId, subtree, until: until ?? null, createTime: past };
  return toJson('portal.identity.v1.GrantEvent', { grant: { ...grant, etag: '1' }, taken: false });
}
