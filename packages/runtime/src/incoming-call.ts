import type { Metadata, ServerUnaryCall } from '@grpc/grpc-js';
import { AppError, resourceExhausted } from '@portal/errors';
import type { UnauthenticatedCall } from './call-context.ts';
import { defaultDeadlineMs, hopMs, metadataBytesMax } from './limits.ts';
import type { Logger } from './logger.ts';
import { authorizationKey, callerKey, requestIdKey } from './metadata-keys.ts';
import { acceptRequestId } from './request-id.ts';

const bearerPattern = /^Bearer ([A-Za-z0-9._~+/-]+=*)$/i;
const callerPattern = /^[a-z][a-z0-9-]{0,31}$/;

/** A call as it came in. `end` must be called once it is answered: it lets go of the timer. */
export interface IncomingCall extends UnauthenticatedCall {
  /** Throws resourceExhausted on too much metadata, DEADLINE_EXCEEDED when too little time is left to answer. */
  assertServable(): void;
  /** Rejects as soon as `signal` is aborted, with the reason why. */
  aborted: Promise<never>;
  end(): void;
}

/** Reads a call's metadata, none of which is trusted, and watches its deadline and its cancellation. */
export function receiveCall(call: ServerUnaryCall<Buffer, Buffer>, log: Logger, rpc: string): IncomingCall {
  const requestId = acceptRequestId(single(call.metadata, requestIdKey));
  const asked = Number(call.getDeadline());
  // A call without a deadline would hold its resources for as long as it likes.
  const deadline = Number.isFinite(asked) ? asked - hopMs : Date.now() + defaultDeadlineMs;
  const deadlineMs = (): number => deadline - Date.now();

  const controller = new AbortController();
  const abort = (): void => {
    controller.abort(deadlineMs() <= 0 ? deadlineExceeded() : new AppError({ kind: 'CANCELLED', reason: 'CANCELLED' }));
  };
  const timer = setTimeout(abort, Math.max(deadlineMs(), 0));
  call.on('cancelled', abort);

  const { promise: aborted, reject } = Promise.withResolvers<never>();
  // It may be aborted while nobody races against it.
  aborted.catch(() => undefined);
  controller.signal.addEventListener('abort', () => {
    reject(controller.signal.reason as AppError);
  });

  return {
    requestId,
    deadlineMs,
    signal: controller.signal,
    caller: matching(callerPattern, single(call.metadata, callerKey)),
    token: bearerPattern.exec(single(call.metadata, authorizationKey))?.[1] ?? '',
    log: log.child({ requestId, rpc }),
    aborted,
    assertServable() {
      if (metadataBytes(call.metadata) > metadataBytesMax) {
        throw resourceExhausted('METADATA_TOO_LARGE', { metadata: { bytesMax: String(metadataBytesMax) } });
      }
      if (deadlineMs() <= 0) throw deadlineExceeded();
    },
    end() {
      clearTimeout(timer);
      // gRPC says "cancelled" after every call, the good ones too.
      call.off('cancelled', abort);
    },
  };
}

function deadlineExceeded(): AppError {
  return new AppError({ kind: 'DEADLINE_EXCEEDED', reason: 'DEADLINE_EXCEEDED' });
}

/** The value of a key that came exactly once, else an empty text: of two values neither can be trusted. */
function single(metadata: Metadata, key: string): string {
  const [value, ...others] = metadata.get(key);
  return typeof value === 'string' && others.length === 0 ? value : '';
}

function matching(pattern: RegExp, value: string): string {
  return pattern.test(value) ? value : '';
}

function metadataBytes(metadata: Metadata): number {
  const entries = Object.entries(metadata.toJSON());
  return entries.reduce(
    (sum, [key, values]) => sum + values.reduce<number>((bytes, value) => bytes + key.length + value.length, 0),
    0,
  );
}
