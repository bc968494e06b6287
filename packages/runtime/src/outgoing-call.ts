import { Metadata } from '@grpc/grpc-js';
import type { Client as Channel } from '@grpc/grpc-js';
import type { Rpc } from '@portal/contracts';
import { AppError, internal, unauthenticated } from '@portal/errors';
import type { CallContext } from './call-context.ts';
import { passBytes, rpcLabel } from './grpc-method.ts';
import type { Method } from './grpc-method.ts';
import { defaultTimeoutMs, hopMs, messageBytesMax } from './limits.ts';
import { authorizationKey, callerKey, requestIdKey } from './metadata-keys.ts';
import { errorOfStatus } from './outgoing-error.ts';
import { acceptRequestId } from './request-id.ts';

/** Of `timeoutMs` and `parent` at least one is needed: a call without a deadline is refused. */
export interface CallOptions {
  /** 5,000 by default when there is a parent. */
  timeoutMs?: number;
  /** The call being served: its deadline, request id, token and cancellation go on to the next hop. */
  parent?: CallContext;
  requestId?: string;
  /** Bearer token; empty for none. */
  token?: string;
  signal?: AbortSignal;
}

/** One call about to be made. */
export interface OutgoingCall {
  channel: Channel;
  /** Name of the calling service. */
  caller: string;
  rpc: Rpc;
  method: Method;
  request: object;
  options: CallOptions;
}

/** Makes the call. Rejects with an AppError, see createGrpcClient. */
export async function sendCall({ channel, caller, rpc, method, request, options }: OutgoingCall): Promise<object> {
  const timeoutMs = getTimeoutMs(rpc, options);
  const signals = [options.signal, options.parent?.signal].filter((signal) => signal !== undefined);
  // The server would refuse it: what is left is what it takes to answer.
  if (timeoutMs < hopMs) throw new AppError({ kind: 'DEADLINE_EXCEEDED', reason: 'DEADLINE_EXCEEDED' });
  if (signals.some((signal) => signal.aborted)) throw new AppError({ kind: 'CANCELLED', reason: 'CANCELLED' });
  const bytes = writeRequest(rpc, method, request);
  const metadata = writeMetadata(caller, options);

  const answer = Promise.withResolvers<Buffer>();
  const call = channel.makeUnaryRequest(
    rpc.path,
    passBytes,
    passBytes,
    bytes,
    metadata,
    { deadline: Date.now() + timeoutMs },
    (error, response) => {
      if (error !== null) answer.reject(errorOfStatus(rpc, error));
      else answer.resolve(response ?? Buffer.alloc(0));
    },
  );
  const cancel = (): void => {
    call.cancel();
  };
  for (const signal of signals) signal.addEventListener('abort', cancel, { once: true });
  try {
    return readResponse(rpc, method, await answer.promise);
  } finally {
    for (const signal of signals) signal.removeEventListener('abort', cancel);
  }
}

function getTimeoutMs(rpc: Rpc, { timeoutMs, parent }: CallOptions): number {
  const own = timeoutMs ?? (parent && defaultTimeoutMs);
  if (own === undefined || !Number.isFinite(own)) {
    throw internal('DEADLINE_MISSING', { message: `${rpcLabel(rpc)} was called without timeoutMs or parent` });
  }
  return parent === undefined ? own : Math.min(own, parent.deadlineMs());
}

function writeRequest(rpc: Rpc, method: Method, request: object): Buffer {
  const bytes = method.requestSerialize(request);
  if (bytes.length <= messageBytesMax) return bytes;
  const message = `the request of ${rpcLabel(rpc)} has ${bytes.length} bytes`;
  throw new AppError({ kind: 'RESOURCE_EXHAUSTED', reason: 'REQUEST_TOO_LARGE', message });
}

function readResponse(rpc: Rpc, method: Method, bytes: Buffer): object {
  try {
    return method.responseDeserialize(bytes);
  } catch (error) {
    throw internal('RESPONSE_UNREADABLE', { message: `${rpcLabel(rpc)} answered another message`, cause: error });
  }
}

function writeMetadata(caller: string, { parent, requestId, token = parent?.token }: CallOptions): Metadata {
  const metadata = new Metadata();
  metadata.set(callerKey, caller);
  metadata.set(requestIdKey, acceptRequestId(requestId ?? parent?.requestId));
  if (token === undefined || token === '') return metadata;
  // Metadata refuses what HTTP/2 cannot carry; no token ever holds such characters.
  if (!/^[\x21-\x7e]+$/.test(token)) throw unauthenticated('TOKEN_INVALID');
  metadata.set(authorizationKey, `Bearer ${token}`);
  return metadata;
}
