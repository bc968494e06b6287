import { fileURLToPath } from 'node:url';
import type protobuf from 'protobufjs';
import { loadRoot, protoDirectory, serviceContract } from '../src/index.ts';
import type { ServiceContract } from '../src/index.ts';

export { arbitraryDay, arbitraryMessage, arbitraryText, arbitraryTime } from './arbitrary-message.ts';

const sampleDirectory = fileURLToPath(new URL('proto', import.meta.url));
let root: protobuf.Root | undefined;

/** A contract with every kind of field, rule and binding (proto/sample/v1/sample.proto beside this file). */
export function sampleRoot(): protobuf.Root {
  return (root ??= loadRoot(sampleDirectory, { imports: [protoDirectory] }));
}

export function sampleContract(): ServiceContract<unknown> {
  return serviceContract('sample.v1.SampleService', sampleRoot());
}
