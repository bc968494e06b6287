import { logVerbosity, setLogVerbosity } from '@grpc/grpc-js';

/**
 * Keeps gRPC from writing to the console by itself: it prints metadata it cannot read, tokens included, past our
 * redaction. What matters of it reaches us as an error anyway.
 */
export function quietGrpc(): void {
  setLogVerbosity(logVerbosity.NONE);
}
