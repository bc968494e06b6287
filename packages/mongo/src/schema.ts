import { Schema } from 'mongoose';
import type { AnySchema } from './types.ts';

/**
 * Schema of an aggregate's collection: adds `_id`, `version` and `schemaVersion`, which the write path fills, and
 * refuses fields that are not declared (a misspelt field would vanish silently). `fields` are mongoose definitions.
 */
export function aggregateSchema(collection: string, fields: Record<string, unknown>): AnySchema {
  const definition = {
    ...fields,
    _id: { type: String, required: true },
    version: { type: Number, required: true },
    schemaVersion: { type: Number, required: true },
  };
  return new Schema(definition, { collection, versionKey: false, strict: 'throw', minimize: false });
}
