import { internal } from '@portal/errors';
import type { OutboxRow } from './outbox.ts';
import type { Aggregate, By, Change, Fact } from './types.ts';

export interface Write {
  aggregate: Aggregate;
  id: string;
  expectedVersion: number;
  /** As it will be stored; undefined for a deletion. */
  document: Record<string, unknown> | undefined;
}

export interface Prepared {
  writes: Write[];
  rows: OutboxRow[];
}

interface Sources {
  now: Date;
  newId: () => string;
}

/**
 * Everything of a commit that needs no store: the documents, checked against their schemas, and the rows of the outbox.
 * Made once, so that an attempt that is repeated writes the same events. Throws `INTERNAL CHANGE_INVALID` for a change
 * that would break what readers rely on, and mongoose's error for a document that does not fit.
 */
export async function prepare(changes: readonly Change[], by: By, sources: Sources): Promise<Prepared> {
  const seen = new Set<string>();
  const prepared: Prepared = { writes: [], rows: [] };
  for (const change of changes) {
    const { aggregate, id, expectedVersion, facts } = change;
    const name = `${aggregate.name} ${id}`;
    if (seen.has(name)) throw invalid(name, 'is changed twice');
    seen.add(name);
    checkFacts(change, name);
    const document = change.next === null ? undefined : await documentOf(change, change.next);
    prepared.writes.push({ aggregate, id, expectedVersion, document });
    prepared.rows.push(...rowsOf(change, facts, by, sources));
  }
  return prepared;
}

/** A state topic holds the latest state of every aggregate: each change says so, and a deletion ends in a tombstone. */
function checkFacts({ aggregate: { topic }, next, expectedVersion, facts }: Change, name: string): void {
  if (!Number.isSafeInteger(expectedVersion) || expectedVersion < 0)
    throw invalid(name, `has version ${expectedVersion}`);
  if (next === null && expectedVersion === 0) throw invalid(name, 'is deleted before it exists');
  if (topic === '') {
    if (facts.length > 0) throw invalid(name, 'has facts but no topic');
    return;
  }
  if (facts.length === 0) throw invalid(name, 'changes without a fact');
  const tombstones = facts.map(({ tombstone }) => tombstone === true);
  if (tombstones.slice(0, -1).includes(true)) throw invalid(name, 'has facts after its tombstone');
  if ((tombstones.at(-1) === true) !== (next === null))
    throw invalid(name, 'must have a tombstone when it is deleted, only then');
}

/** What is used of a mongoose document, whatever its model. */
interface PlainDocument {
  validate(): Promise<void>;
  toObject(options: object): Record<string, unknown>;
}

async function documentOf(change: Change, next: Record<string, unknown>): Promise<Record<string, unknown>> {
  const { aggregate, id, expectedVersion, schemaVersion = 1 } = change;
  const stored = { ...next, _id: id, version: expectedVersion + 1, schemaVersion };
  // Strict: a field that the schema does not know would vanish silently.
  const document = new aggregate.model(stored, 'throw') as PlainDocument;
  await document.validate();
  return document.toObject({ depopulate: true, minimize: false, virtuals: false, getters: false, flattenMaps: false });
}

function rowsOf(change: Change, facts: readonly Fact[], by: By, { now, newId }: Sources): OutboxRow[] {
  const { aggregate, id, expectedVersion } = change;
  const events = facts.flatMap(({ type, data, tombstone }) => {
    const fact = { type, data: JSON.stringify(data) };
    return tombstone === true ? [fact, { type, data: null }] : [fact];
  });
  return events.map(({ type, data }, n) => ({
    _id: newId(),
    topic: aggregate.topic,
    key: id,
    version: expectedVersion + 1,
    n,
    type,
    data,
    actorId: by.actorId,
    ...(by.requestId !== undefined && { requestId: by.requestId }),
    time: now,
    sentAt: null,
    requeues: 0,
  }));
}

function invalid(name: string, what: string): Error {
  return internal('CHANGE_INVALID', { message: `${name} ${what}` });
}
