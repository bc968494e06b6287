import { performance } from 'node:perf_hooks';
import { Metadata, status } from '@grpc/grpc-js';
import type { handleUnaryCall, ServerUnaryCall } from '@grpc/grpc-js';
import { normalizeMessage, validateMessage } from '@portal/contracts';
import type { Rpc } from '@portal/contracts';
import { internal, invalidArgument, isAppError } from '@portal/errors';
import type { AppError } from '@portal/errors';
import type { Authorize, CallContext } from './call-context.ts';
import type { CallRecorder } from './call-record.ts';
import { rpcLabel } from './grpc-method.ts';
import type { Method } from './grpc-method.ts';
import { codeOfKind } from './grpc-status.ts';
import { receiveCall } from './incoming-call.ts';
import type { IncomingCall } from './incoming-call.ts';
import { messageBytesMax } from './limits.ts';
import type { Logger } from './logger.ts';
import { requestIdKey, statusDetailsKey } from './metadata-keys.ts';
import { encodeStatusDetails } from './status-details.ts';

/** One rpc with everything that is needed to serve it. */
export interface ServedRpc {
  /** Name of the service, the domain of its error reasons. */
  service: string;
  rpc: Rpc;
  method: Method;
  handler: (request: object, call: CallContext) => Promise<object>;
  authorize: Authorize;
  record: CallRecorder;
  log: Logger;
}

/**
 * What happens to every call, in this order: request id, deadline, limits, reading, one form of text, field rules,
 * access, handler, writing. Whatever fails becomes one status with details, one log line and one count.
 */
export function serveCall(served: ServedRpc): handleUnaryCall<Buffer, Buffer> {
  const { service, rpc, record, log } = served;
  return (incoming, answer) => {
    const startedAt = performance.now();
    const call = receiveCall(incoming, log, rpcLabel(rpc));
    const seen: Seen = { unit: '' };

    const finish = (failure?: unknown): AppError | undefined => {
      call.end();
      const error = failure === undefined ? undefined : publicError(failure, call.requestId);
      const { requestId, caller } = call;
      record({ rpc, requestId, caller, unit: seen.unit, ms: performance.now() - startedAt, error, failure });
      return error;
    };

    // The handler may go on after the caller stopped waiting; its outcome is then of no interest to anybody.
    Promise.race([perform(served, incoming, call, seen), call.aborted])
      .then(
        (response) => {
          finish();
          answer(null, response);
        },
        (failure: unknown) => {
          const error = finish(failure) ?? internal('INTERNAL');
          const metadata = new Metadata();
          metadata.set(requestIdKey, call.requestId);
          metadata.set(statusDetailsKey, encodeStatusDetails(error, service));
          answer({ code: codeOfKind(error.kind), details: error.reason, metadata });
        },
      )
      .catch((error: unknown) => {
        // A fault in here must end neither the process nor in silence.
        call.log.fatal({ err: error }, 'call could not be answered');
        answer({ code: status.INTERNAL, details: 'INTERNAL' });
      });
  };
}

/** What was learnt about a call on the way, for its log line. */
interface Seen {
  unit: string;
}

async function perform(
  { rpc, method, handler, authorize }: ServedRpc,
  incoming: ServerUnaryCall<Buffer, Buffer>,
  call: IncomingCall,
  seen: Seen,
): Promise<Buffer> {
  call.assertServable();
  const request = readRequest(method, incoming.request);
  seen.unit = unitOf(rpc, request);
  normalizeMessage(rpc.request, request);
  const violations = validateMessage(rpc.request, request);
  if (violations.length > 0) throw invalidArgument('INVALID_REQUEST', { violations });
  const { requestId, deadlineMs, signal, caller, token, log } = call;
  const known = { requestId, deadlineMs, signal, caller, token, log };
  const actor = await authorize(rpc, request, known);
  // Nothing is begun for a caller that is gone.
  signal.throwIfAborted();
  const response = method.responseSerialize(await handler(request, { ...known, actor }));
  if (response.length > messageBytesMax) {
    throw internal('RESPONSE_TOO_LARGE', { message: `the response has ${response.length} bytes` });
  }
  return response;
}

function readRequest(method: Method, bytes: Buffer): Record<string, unknown> {
  try {
    return method.requestDeserialize(bytes) as Record<string, unknown>;
  } catch (error) {
    throw invalidArgument('REQUEST_UNREADABLE', { message: 'the request is not a message of this rpc', cause: error });
  }
}

function unitOf(rpc: Rpc, request: Record<string, unknown>): string {
  const unit = rpc.access.unitField === undefined ? undefined : request[rpc.access.unitField];
  return typeof unit === 'string' ? unit.slice(0, 64) : '';
}

/** What the caller may learn of a failure: an AppError as it is, of a fault of ours the request id and no more. */
function publicError(failure: unknown, requestId: string): AppError {
  if (isAppError(failure) && failure.kind !== 'INTERNAL') return failure;
  return internal('INTERNAL', { metadata: { requestId } });
}
