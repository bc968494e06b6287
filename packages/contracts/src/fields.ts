import protobuf from 'protobufjs';

/** Number types by how JSON carries them; bounds are inclusive. */
const ranges: Readonly<Record<string, readonly [min: bigint, max: bigint]>> = {
  int32: [-(2n ** 31n), 2n ** 31n - 1n],
  sint32: [-(2n ** 31n), 2n ** 31n - 1n],
  sfixed32: [-(2n ** 31n), 2n ** 31n - 1n],
  uint32: [0n, 2n ** 32n - 1n],
  fixed32: [0n, 2n ** 32n - 1n],
  int64: [-(2n ** 63n), 2n ** 63n - 1n],
  sint64: [-(2n ** 63n), 2n ** 63n - 1n],
  sfixed64: [-(2n ** 63n), 2n ** 63n - 1n],
  uint64: [0n, 2n ** 64n - 1n],
  fixed64: [0n, 2n ** 64n - 1n],
};

export type Kind =
  | { name: 'string' | 'bool' | 'bytes' | 'float' | 'double' | 'timestamp' | 'date' }
  | { name: 'int32' | 'int64'; min: bigint; max: bigint }
  | { name: 'enum'; numbers: ReadonlyMap<string, number>; names: ReadonlyMap<number, string>; zero: string }
  | { name: 'message'; type: protobuf.Type };

/** What the converters and the validation need to know of a field, looked up once. */
export interface FieldPlan {
  /** JSON name; also the key in messages. */
  name: string;
  shape: 'single' | 'list' | 'map';
  kind: Kind;
  /** Kind of the keys of a map. */
  keyKind?: Kind;
  /** The oneof it belongs to; a proto3 `optional` is alone in one, named with an underscore. */
  oneof?: string;
  field: protobuf.Field;
}

export type MessagePlan = ReadonlyMap<string, FieldPlan>;

const plans = new WeakMap<protobuf.Type, MessagePlan>();

export function planOf(type: protobuf.Type): MessagePlan {
  let plan = plans.get(type);
  if (plan === undefined) {
    plan = new Map(type.fieldsArray.map((field) => [field.name, fieldPlanOf(field.resolve())]));
    plans.set(type, plan);
  }
  return plan;
}

function fieldPlanOf(field: protobuf.Field): FieldPlan {
  if (field instanceof protobuf.MapField && /64$|^bool$/.test(field.keyType)) {
    // protobufjs hands out 64-bit keys as a hash of the number, and writes the key "false" as true.
    throw new Error(`${field.fullName}: maps have keys of strings or 32-bit numbers`);
  }
  const kind = kindOf(field.type, field.resolvedType);
  return {
    name: field.name,
    shape: field.map ? 'map' : field.repeated ? 'list' : 'single',
    kind,
    ...(field instanceof protobuf.MapField && { keyKind: kindOf(field.keyType, null) }),
    ...(field.partOf && { oneof: field.partOf.name }),
    field,
  };
}

function kindOf(type: string, resolved: protobuf.ReflectionObject | null): Kind {
  if (resolved instanceof protobuf.Enum) {
    const numbers = new Map(Object.entries(resolved.values));
    // The first name of a number counts, should the enum give it two.
    const names = new Map([...numbers].reverse().map(([name, number]) => [number, name]));
    return { name: 'enum', numbers, names, zero: names.get(0) ?? '' };
  }
  if (resolved instanceof protobuf.Type) {
    if (resolved.fullName === '.google.protobuf.Timestamp') return { name: 'timestamp' };
    if (resolved.fullName === '.google.type.Date') return { name: 'date' };
    return { name: 'message', type: resolved };
  }
  const range = ranges[type];
  if (range !== undefined) return { name: type.endsWith('64') ? 'int64' : 'int32', min: range[0], max: range[1] };
  if (type === 'string' || type === 'bool' || type === 'bytes' || type === 'float' || type === 'double') {
    return { name: type };
  }
  throw new Error(`unknown field type ${type}`);
}

/** What proto-loader puts in place of a field that was not set; undefined leaves the key out. */
export function defaultOf({ shape, kind, oneof }: FieldPlan): unknown {
  if (shape === 'list') return [];
  if (shape === 'map') return {};
  if (oneof !== undefined) return undefined;
  switch (kind.name) {
    case 'string':
      return '';
    case 'bool':
      return false;
    case 'bytes':
      return Buffer.alloc(0);
    case 'float':
    case 'double':
    case 'int32':
      return 0;
    case 'int64':
      return '0';
    case 'enum':
      return kind.zero;
    case 'timestamp':
    case 'date':
    case 'message':
      return null;
  }
}

/** Appends a key to a field path: `post`, `post.title`, `labels["two words"]`, never longer than a line per key. */
export function joinPath(parent: string, key: string | number): string {
  if (typeof key === 'number') return `${parent}[${key}]`;
  const short = key.length > 64 ? `${key.slice(0, 64)}…` : key;
  if (!/^[\p{L}_$][\p{L}\p{N}_$]*…?$/u.test(short)) return `${parent}[${JSON.stringify(short)}]`;
  return parent === '' ? short : `${parent}.${short}`;
}
