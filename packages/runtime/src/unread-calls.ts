import { ServerInterceptingCall } from '@grpc/grpc-js';
import type { ServerInterceptor } from '@grpc/grpc-js';
import type { Logger } from './logger.ts';
import type { Metrics } from './metrics.ts';

/**
 * gRPC itself ends a call whose message is too large, compressed in an unknown way or missing, before any handler
 * runs. This interceptor notices such calls, so that nothing that reaches a server stays out of log and metrics.
 */
export function unreadCalls(log: Logger, metrics: Metrics): ServerInterceptor {
  const unread = metrics.counter(
    'portal_grpc_server_unread_calls_total',
    'Calls that ended before their request was read: too large, broken off, late',
    ['rpc'],
  );
  return (method, next) => {
    let handled = false;
    return new ServerInterceptingCall(next, {
      start(begin) {
        begin({
          onReceiveHalfClose(forward) {
            handled = true;
            forward();
          },
          onCancel() {
            if (handled) return;
            const rpc = method.path.slice(1);
            unread.inc({ rpc });
            log.info({ rpc, peer: next.getPeer() }, 'call ended unread');
          },
        });
      },
    });
  };
}
