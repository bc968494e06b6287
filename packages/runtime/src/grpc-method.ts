import type { MethodDefinition, ServiceDefinition } from '@grpc/grpc-js';
import type { Rpc, ServiceContract } from '@portal/contracts';

/** gRPC's own view of an rpc, with the functions between messages and bytes. */
export type Method = MethodDefinition<object, object>;

/** Messages pass through gRPC as bytes: reading and writing them is our step, where a failure can be answered well. */
export const passBytes = (bytes: Buffer): Buffer => bytes;

/** Throws an Error when contract and definition disagree: a fault in the contracts package. */
export function getMethod<D>(contract: ServiceContract<D>, rpc: Rpc): Method {
  const definition: ServiceDefinition = contract.definition;
  const methods = Object.values(definition) as Method[];
  const method = methods.find((candidate) => candidate.path === rpc.path);
  if (method === undefined) throw new Error(`${contract.name} does not define ${rpc.path}`);
  if (method.requestStream || method.responseStream) throw new Error(`${rpc.path}: streams are not supported`);
  return method;
}

/** Name of an rpc in logs and metrics: `portal.content.v1.ContentService/PublishPost`. */
export function rpcLabel(rpc: Rpc): string {
  return rpc.path.slice(1);
}
