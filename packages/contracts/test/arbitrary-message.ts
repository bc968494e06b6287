import fc from 'fast-check';
import protobuf from 'protobufjs';

/** How deep messages nest at most; lists and maps hold few items, so that shrinking stays quick. */
const depthMax = 2;
const itemsMax = 3;

/** Random messages of a type, in proto-loader's shape, written without the code under test. */
export function arbitraryMessage(type: protobuf.Type, depth = 0): fc.Arbitrary<Record<string, unknown>> {
  const plain = type.fieldsArray.filter((field) => !field.resolve().partOf);
  const fields = fc.record(Object.fromEntries(plain.map((field) => [field.name, arbitraryField(field, depth)])), {
    noNullPrototype: true,
  }) as fc.Arbitrary<Record<string, unknown>>;
  return type.oneofsArray.reduce(
    (message, oneof) =>
      fc.tuple(message, arbitraryOneof(oneof, depth)).map(([rest, chosen]) => ({ ...rest, ...chosen })),
    fields,
  );
}

/** Text as people and attackers write it, always well-formed. */
export const arbitraryText = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 8 }),
  fc.string({ unit: 'binary', maxLength: 8 }),
  fc.constantFrom('Trường THCS Bình Khánh', 'constructor', 'toString', '𠮷', '\u0000', '<script>', '%2F..', '1e3'),
);

function arbitraryOneof(oneof: protobuf.OneOf, depth: number): fc.Arbitrary<Record<string, unknown>> {
  const members = oneof.fieldsArray
    .filter((field) => depth < depthMax || !isMessage(field))
    .map((field) => arbitrarySingle(field, depth).map((value) => ({ [oneof.name]: field.name, [field.name]: value })));
  return fc.oneof(fc.constant<Record<string, unknown>>({}), ...members);
}

function arbitraryField(field: protobuf.Field, depth: number): fc.Arbitrary<unknown> {
  const nested = isMessage(field);
  const maxLength = nested && depth >= depthMax ? 0 : nested ? 1 : itemsMax;
  if (field instanceof protobuf.MapField) {
    return fc.dictionary(arbitraryKey(field.keyType), arbitrarySingle(field, depth), {
      maxKeys: maxLength,
      noNullPrototype: true,
    });
  }
  if (field.repeated) return fc.array(arbitrarySingle(field, depth), { maxLength });
  if (field.resolvedType instanceof protobuf.Type) {
    return nested && depth >= depthMax ? fc.constant(null) : fc.option(arbitrarySingle(field, depth));
  }
  return arbitrarySingle(field, depth);
}

function arbitraryKey(type: string): fc.Arbitrary<string> {
  if (type === 'int32') return fc.integer().map(String);
  if (type === 'uint32') return fc.nat().map(String);
  // `toStrictEqual` takes a key "constructor" for the constructor.
  return arbitraryText.filter((key) => key !== '__proto__' && key !== 'constructor');
}

function isMessage(field: protobuf.Field): boolean {
  const { resolvedType } = field.resolve();
  return resolvedType instanceof protobuf.Type && !resolvedType.fullName.startsWith('.google.');
}

function arbitrarySingle(field: protobuf.Field, depth: number): fc.Arbitrary<unknown> {
  const { resolvedType } = field.resolve();
  if (resolvedType instanceof protobuf.Enum) return fc.constantFrom(...Object.keys(resolvedType.values));
  if (resolvedType instanceof protobuf.Type) {
    if (resolvedType.fullName === '.google.protobuf.Timestamp') return arbitraryTime;
    if (resolvedType.fullName === '.google.type.Date') return arbitraryDay;
    // Built when needed: a type may hold itself.
    return fc.constant(null).chain(() => arbitraryMessage(resolvedType, depth + 1));
  }
  const scalar = scalars[field.type];
  if (scalar === undefined) throw new Error(`no arbitrary for ${field.type}`);
  return scalar;
}

export const arbitraryTime = fc.date({
  min: new Date('0001-01-01T00:00:00.000Z'),
  max: new Date('9999-12-31T23:59:59.999Z'),
  noInvalidDate: true,
});

export const arbitraryDay = arbitraryTime.map((date) => ({
  year: date.getUTCFullYear(),
  month: date.getUTCMonth() + 1,
  day: date.getUTCDate(),
}));

const int32 = fc.oneof(fc.integer(), fc.constantFrom(0, -(2 ** 31), 2 ** 31 - 1));
const uint32 = fc.oneof(fc.nat(), fc.constantFrom(0, 2 ** 32 - 1));
const int64 = fc.oneof(fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n), fc.constantFrom(0n, 2n ** 53n + 1n)).map(String);
const uint64 = fc.oneof(fc.bigInt(0n, 2n ** 64n - 1n), fc.constantFrom(0n, 2n ** 64n - 1n)).map(String);

const scalars: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  string: arbitraryText,
  bool: fc.boolean(),
  bytes: fc.uint8Array({ maxLength: 8 }).map((bytes) => Buffer.from(bytes)),
  int32,
  sint32: int32,
  sfixed32: int32,
  uint32,
  fixed32: uint32,
  int64,
  sint64: int64,
  sfixed64: int64,
  uint64,
  fixed64: uint64,
  // JSON does not keep -0.
  float: fc.float({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0),
  double: fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0),
};
