import type { Rpc } from '@portal/contracts';
import type { AppError, ErrorKind } from '@portal/errors';
import { rpcLabel } from './grpc-method.ts';
import type { Logger } from './logger.ts';
import type { Metrics } from './metrics.ts';

/** How a served call ended. */
export interface CallOutcome {
  rpc: Rpc;
  requestId: string;
  caller: string;
  unit: string;
  ms: number;
  /** What the caller was told; undefined for success. */
  error: AppError | undefined;
  /** What was thrown; it differs from `error` where the caller must not learn it. */
  failure?: unknown;
}

export type CallRecorder = (outcome: CallOutcome) => void;

/** Faults of ours and of servers behind us; everything else is the caller's and would only fill the log. */
const faults: ReadonlySet<ErrorKind> = new Set(['INTERNAL', 'DATA_LOSS', 'UNAVAILABLE', 'DEADLINE_EXCEEDED']);

/** One log line, one count and one duration per call, in one place, so that they cannot drift apart. */
export function createCallRecorder(log: Logger, metrics: Metrics): CallRecorder {
  const calls = metrics.counter('portal_grpc_server_calls_total', 'Calls served, by rpc and gRPC status', [
    'rpc',
    'status',
  ]);
  const seconds = metrics.histogram('portal_grpc_server_call_seconds', 'Duration of served calls in seconds', ['rpc']);

  return ({ rpc, requestId, caller, unit, ms, error, failure }) => {
    const label = rpcLabel(rpc);
    const status = error?.kind ?? 'OK';
    calls.inc({ rpc: label, status });
    seconds.observe({ rpc: label }, ms / 1_000);
    const line = { requestId, rpc: label, caller, unit, status, ms: Math.round(ms * 10) / 10 };
    if (error === undefined) log.info(line, 'call');
    else if (error.kind === 'INTERNAL') log.error({ ...line, reason: error.reason, err: failure }, 'call');
    else log[faults.has(error.kind) ? 'warn' : 'info']({ ...line, reason: error.reason, why: error.message }, 'call');
  };
}
