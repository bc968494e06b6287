import type protobuf from 'protobufjs';

/** The values of a custom option, one per `option` statement, with the field names of the .proto file. */
export function optionsOf(owner: protobuf.ReflectionObject, name: string): Record<string, unknown>[] {
  const statements = (owner.parsedOptions ?? []) as unknown as Record<string, unknown>[];
  return statements.flatMap((statement) =>
    Object.hasOwn(statement, `(${name})`) ? [statement[`(${name})`] as Record<string, unknown>] : [],
  );
}

/** A repeated field of an option: the parser gives a lone value without its list. */
export function listOf<T>(value: unknown): T[] {
  if (value === undefined) return [];
  return Array.isArray(value) ? (value as T[]) : [value as T];
}
