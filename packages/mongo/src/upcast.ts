import { internal } from '@portal/errors';

/** A stored document of any age. */
export interface StoredDocument {
  /** Absent means 1, the first shape. */
  schemaVersion?: number;
  [field: string]: unknown;
}

export interface UpcasterInit {
  /** The shape that the code works with, counted from 1. */
  current: number;
  /** `steps[n]` makes shape n + 1 of shape n; one for every n from 1 to `current - 1`. It must not change its argument. */
  steps: Readonly<Record<number, (document: StoredDocument) => StoredDocument>>;
}

/**
 * Brings documents of old shapes to the current one when they are loaded; nothing is written back.
 * The result throws `INTERNAL SCHEMA_TOO_NEW` for a document of a newer release, `SCHEMA_VERSION_INVALID` for nonsense.
 */
export function createUpcaster<T>({ current, steps }: UpcasterInit): (document: object) => T {
  for (let version = 1; version < current; version += 1) {
    if (steps[version] === undefined) throw new Error(`no step from schema version ${version} to ${version + 1}`);
  }
  return (document) => {
    let stored = document as StoredDocument;
    const from = stored.schemaVersion ?? 1;
    if (!Number.isInteger(from) || from < 1) {
      throw internal('SCHEMA_VERSION_INVALID', { message: `schemaVersion ${String(from)} of ${String(stored._id)}` });
    }
    if (from > current) {
      throw internal('SCHEMA_TOO_NEW', {
        message: `schemaVersion ${from} of ${String(stored._id)}, known up to ${current}`,
      });
    }
    for (let version = from; version < current; version += 1) {
      stored = { ...steps[version]?.(stored), schemaVersion: version + 1 };
    }
    return stored as T;
  };
}
