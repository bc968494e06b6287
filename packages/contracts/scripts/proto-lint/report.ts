import type protobuf from 'protobufjs';

/** Notes a fault of a declaration. */
export type Report = (at: protobuf.ReflectionObject, text: string) => void;
