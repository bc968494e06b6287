import { internal } from '@portal/errors';
import type { Aggregate, Query } from 'mongoose';
import { queryForms } from './query-forms.ts';
import type { AnySchema } from './types.ts';

/** Stages that reach into other collections, where this plugin cannot see what they match. */
const reachingStages = ['$lookup', '$graphLookup', '$unionWith', '$out', '$merge'];

type Filter = Record<string, unknown>;

/**
 * Plugin for collections whose documents belong to a unit: a forgotten `unitId` must never show one school the data of
 * another. Every query, update, delete and aggregation without a unit (equality or `$in`) in its filter, and every
 * insert without one, throws `INTERNAL UNIT_SCOPE_MISSING`. What really goes across units says why:
 * `find(filter, null, { acrossUnits: 'due-date sweep' })`, `aggregate(pipeline).option({ acrossUnits: '…' })`.
 */
export function unitScoped(schema: AnySchema): void {
  schema.pre(queryForms as never, { document: false, query: true }, function (this: Query<unknown, unknown>) {
    if (!namesUnit(this.getFilter()) && !saysWhy(this.getOptions())) throw missing(this.model.modelName);
  });
  schema.pre('aggregate', function (this: Aggregate<unknown>) {
    const stages = this.pipeline() as unknown as Filter[];
    const reaches = stages.some((stage) => reachingStages.some((name) => name in stage));
    const scoped = !reaches && namesUnit(stages[0]?.['$match'] as Filter | undefined);
    if (!scoped && !saysWhy(this.options)) throw missing(this.model().modelName);
  });
  schema.pre('save', function (this: { get(path: string): unknown }) {
    if (typeof this.get('unitId') !== 'string') throw missing('save');
  });
  schema.pre('insertMany', (documents: unknown) => {
    const all = (Array.isArray(documents) ? documents : [documents]) as Filter[];
    if (!all.every((document) => typeof document['unitId'] === 'string')) throw missing('insertMany');
  });
  schema.pre('bulkWrite', (operations: unknown, options?: unknown) => {
    const scoped = (operations as Filter[]).every((operation) => Object.values(operation).every(isScopedWrite));
    if (!scoped && !saysWhy(options as Filter | undefined)) throw missing('bulkWrite');
  });
}

function isScopedWrite(write: unknown): boolean {
  const { filter, document } = write as { filter?: Filter; document?: Filter };
  return document === undefined ? namesUnit(filter) : typeof document['unitId'] === 'string';
}

function namesUnit(filter: Filter | undefined): boolean {
  if (filter === undefined) return false;
  const { unitId, $and: all } = filter;
  if (typeof unitId === 'string') return true;
  if (typeof unitId === 'object' && unitId !== null) {
    const { $eq: equal, $in: list } = unitId as Filter;
    if (typeof equal === 'string') return true;
    if (Array.isArray(list)) return list.every((id) => typeof id === 'string');
  }
  return Array.isArray(all) && (all as Filter[]).some(namesUnit);
}

function saysWhy(options: Filter | undefined): boolean {
  const reason = options?.['acrossUnits'];
  return typeof reason === 'string' && reason !== '';
}

function missing(where: string): Error {
  return internal('UNIT_SCOPE_MISSING', { message: `no unit in the filter (${where})` });
}
