import { performance } from 'node:perf_hooks';
import { Client as Channel, credentials } from '@grpc/grpc-js';
import { bindClient } from '@portal/contracts';
import type { Client, Rpc, ServiceContract } from '@portal/contracts';
import { internal, isAppError } from '@portal/errors';
import type { AppError } from '@portal/errors';
import { channelOptions } from './channel-options.ts';
import { getMethod, rpcLabel } from './grpc-method.ts';
import type { Logger } from './logger.ts';
import type { Metrics } from './metrics.ts';
import { sendCall } from './outgoing-call.ts';
import type { CallOptions } from './outgoing-call.ts';
import { quietGrpc } from './quiet-grpc.ts';

export type GrpcClient<D> = Client<D, CallOptions> & {
  /** Ends the connection; calls in flight are cancelled. */
  close(): void;
};

export interface GrpcClientInit<D> {
  contract: ServiceContract<D>;
  /** host:port; where the name stands for several instances, calls go round them. */
  address: string;
  /** Name of the calling service. */
  caller: string;
  log?: Logger;
  metrics?: Metrics;
}

/**
 * A typed client. It connects by itself, at the first call and again after every loss. A call rejects with the
 * AppError that the server threw, or, when there was no answer, with UNAVAILABLE (`SERVICE_UNAVAILABLE`),
 * DEADLINE_EXCEEDED or CANCELLED; with INTERNAL (`DEADLINE_MISSING`) when it was given no deadline.
 */
export function createGrpcClient<D>({ contract, address, caller, log, metrics }: GrpcClientInit<D>): GrpcClient<D> {
  quietGrpc();
  const channel = new Channel(address, credentials.createInsecure(), channelOptions(contract));
  const methods = new Map(contract.rpcs.map((rpc) => [rpc, getMethod(contract, rpc)]));
  const record = createRecorder(log, metrics);

  const invoke = async (rpc: Rpc, request: object, options: CallOptions): Promise<object> => {
    const startedAt = performance.now();
    const method = methods.get(rpc) ?? getMethod(contract, rpc);
    try {
      const response = await sendCall({ channel, caller, rpc, method, request, options });
      record(rpc, performance.now() - startedAt);
      return response;
    } catch (thrown) {
      const error = isAppError(thrown)
        ? thrown
        : internal('INTERNAL', { message: `${rpcLabel(rpc)} could not be called`, cause: thrown });
      record(rpc, performance.now() - startedAt, error);
      throw error;
    }
  };

  return Object.assign(bindClient<D, CallOptions>(contract, invoke), {
    close: () => {
      channel.close();
    },
  });
}

/** The server writes the line of a call; the client counts, and logs failures for whoever looks closer. */
function createRecorder(log: Logger | undefined, metrics: Metrics | undefined) {
  const calls = metrics?.counter('portal_grpc_client_calls_total', 'Calls made, by rpc and gRPC status', [
    'rpc',
    'status',
  ]);
  const seconds = metrics?.histogram('portal_grpc_client_call_seconds', 'Duration of calls made in seconds', ['rpc']);
  return (rpc: Rpc, ms: number, error?: AppError): void => {
    const label = rpcLabel(rpc);
    calls?.inc({ rpc: label, status: error?.kind ?? 'OK' });
    seconds?.observe({ rpc: label }, ms / 1_000);
    if (error !== undefined) log?.debug({ rpc: label, status: error.kind, reason: error.reason }, 'call failed');
  };
}
