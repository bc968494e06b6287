import { randomUUID } from 'node:crypto';
import { Schema } from '@portal/mongo';
import type { Mongo } from '@portal/mongo';
import type { SavedTopic } from './projection.ts';
import type { SavedEntry } from './table.ts';

export interface Snapshot {
  savedAt: Date;
  topics: SavedTopic[];
}

export interface SnapshotStore {
  /** The newest snapshot of that name; undefined when there is none. */
  load(): Promise<Snapshot | undefined>;
  save(topics: readonly SavedTopic[]): Promise<void>;
}

/** The document that makes a snapshot valid: written last, after all of its parts. */
interface Head {
  _id: string;
  snapshotId: string;
  savedAt: Date;
  parts: number;
  topics: { topic: string; offsets: [partition: number, next: string][]; isTable: boolean }[];
}

interface Part {
  _id: string;
  name: string;
  snapshotId: string;
  savedAt: Date;
  topic: string;
  entries: SavedEntry[];
}

/** Documents may have 16 MiB; several instances save at the same time. */
const partBytes = 4 * 1024 * 1024;
/** Parts that no head names: their writer died or was overtaken. Longer than any save or load takes. */
const orphanMs = 3_600_000;
/** Loads that meet a replaced head begin anew. */
const loadAttempts = 5;

const snapshotSchema = new Schema(
  {
    _id: { type: String, required: true },
    name: { type: String },
    snapshotId: { type: String, required: true },
    savedAt: { type: Date, required: true },
  },
  { collection: 'projection_snapshots', versionKey: false },
);
snapshotSchema.index({ name: 1, savedAt: 1 }, { name: 'parts_of' });

/** Snapshots of one projection in the service's own database, shared by its instances: the last one saved counts. */
export function createSnapshotStore(mongo: Mongo, name: string): SnapshotStore {
  const { collection } = mongo.model('ProjectionSnapshot', snapshotSchema);
  const find = async <T>(id: string): Promise<T | null> => (await collection.findOne({ _id: id as never })) as T | null;
  const partId = (snapshotId: string, index: number): string => `${name}/${snapshotId}/${index}`;

  const loadOnce = async (): Promise<Snapshot | 'replaced' | undefined> => {
    const head = await find<Head>(name);
    if (head === null) return undefined;
    const entries = new Map<string, SavedEntry[]>();
    for (let index = 0; index < head.parts; index += 1) {
      const part = await find<Part>(partId(head.snapshotId, index));
      if (part === null) return 'replaced';
      const before = entries.get(part.topic);
      if (before === undefined) entries.set(part.topic, part.entries);
      else for (const entry of part.entries) before.push(entry);
    }
    const topics = head.topics.map(({ topic, offsets, isTable }) => ({
      topic,
      offsets: new Map(offsets.map(([partition, next]) => [partition, BigInt(next)])),
      ...(isTable && { entries: entries.get(topic) ?? [] }),
    }));
    return { savedAt: head.savedAt, topics };
  };

  return {
    async load() {
      for (let attempt = 0; attempt < loadAttempts; attempt += 1) {
        const loaded = await loadOnce();
        if (loaded !== 'replaced') return loaded;
      }
      return undefined;
    },
    async save(topics) {
      const snapshotId = randomUUID();
      const savedAt = new Date();
      let parts = 0;
      for (const { topic, entries = [] } of topics) {
        for (const chunk of chunksOf(entries)) {
          const part: Part = { _id: partId(snapshotId, parts), name, snapshotId, savedAt, topic, entries: chunk };
          await collection.insertOne(part as never);
          parts += 1;
        }
      }
      const head: Omit<Head, '_id'> = {
        snapshotId,
        savedAt,
        parts,
        topics: topics.map(({ topic, offsets, entries }) => ({
          topic,
          offsets: [...offsets].map(([partition, next]) => [partition, String(next)]),
          isTable: entries !== undefined,
        })),
      };
      const options = { upsert: true, returnDocument: 'before' } as const;
      const replaced = (await collection.findOneAndReplace({ _id: name as never }, head, options)) as Head | null;
      const orphans = {
        name,
        savedAt: { $lt: new Date(savedAt.getTime() - orphanMs) },
        snapshotId: { $ne: snapshotId },
      };
      if (replaced !== null) await collection.deleteMany({ name, snapshotId: replaced.snapshotId });
      await collection.deleteMany(orphans);
    },
  };
}

function* chunksOf(entries: readonly SavedEntry[]): Generator<SavedEntry[]> {
  let chunk: SavedEntry[] = [];
  let bytes = 0;
  for (const entry of entries) {
    chunk.push(entry);
    bytes += entry[0].length * 3 + (entry[2]?.length ?? 0) * 3 + 50;
    if (bytes < partBytes) continue;
    yield chunk;
    chunk = [];
    bytes = 0;
  }
  if (chunk.length > 0) yield chunk;
}
