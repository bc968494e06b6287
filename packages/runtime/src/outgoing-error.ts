import type { ServiceError } from '@grpc/grpc-js';
import type { Rpc } from '@portal/contracts';
import { AppError } from '@portal/errors';
import { rpcLabel } from './grpc-method.ts';
import { codeOfKind, kindOfCode } from './grpc-status.ts';
import { statusDetailsKey } from './metadata-keys.ts';
import { findStatusDetails } from './status-details.ts';

/** The AppError the server threw, or one made from the bare status when gRPC itself ended the call. */
export function errorOfStatus(rpc: Rpc, status: ServiceError): AppError {
  // grpc-js leaves metadata out of errors it makes itself, whatever its types say.
  const [bytes] = (status.metadata as ServiceError['metadata'] | undefined)?.get(statusDetailsKey) ?? [];
  const told = Buffer.isBuffer(bytes) ? findStatusDetails(bytes) : undefined;
  if (told !== undefined && codeOfKind(told.kind) === status.code) return told;

  const kind = kindOfCode(status.code);
  const message = `${rpcLabel(rpc)}: ${status.details}`;
  return kind === 'UNAVAILABLE'
    ? new AppError({ kind, reason: 'SERVICE_UNAVAILABLE', message, retryAfterMs: 1_000 })
    : new AppError({ kind, reason: kind, message });
}
