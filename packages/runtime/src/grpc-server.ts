import { Server, ServerCredentials } from '@grpc/grpc-js';
import type { ServerOptions, UntypedServiceImplementation } from '@grpc/grpc-js';
import { bindHandlers } from '@portal/contracts';
import type { Handlers, Rpc, ServiceContract } from '@portal/contracts';
import { HealthImplementation } from 'grpc-health-check';
import { formatAddress, getAddressParts } from './address.ts';
import type { Authorize, CallContext } from './call-context.ts';
import { createCallRecorder } from './call-record.ts';
import { getMethod, passBytes } from './grpc-method.ts';
import type { Component } from './lifecycle.ts';
import { messageBytesMax } from './limits.ts';
import type { Logger } from './logger.ts';
import type { Metrics } from './metrics.ts';
import { quietGrpc } from './quiet-grpc.ts';
import { serveCall } from './serve-call.ts';
import { unreadCalls } from './unread-calls.ts';

type Handler = (request: object, call: CallContext) => Promise<object>;

/** A contract with a function for each of its rpcs. */
export interface Implementation {
  contract: ServiceContract<unknown>;
  handlers: readonly { rpc: Rpc; handler: Handler }[];
}

export interface GrpcServer extends Component {
  /** host:port as bound. Throws an Error before start. */
  address(): string;
  /** What the health service answers; NOT_SERVING until told otherwise. */
  setServing(serving: boolean): void;
}

export interface GrpcServerInit {
  service: string;
  /** host:port to listen on; port 0 takes any free port. */
  address: string;
  implementations: readonly Implementation[];
  authorize: Authorize;
  log: Logger;
  metrics: Metrics;
  /** How long calls in flight may take to end when the server stops; 5,000 by default. */
  drainTimeoutMs?: number;
}

const serverOptions: ServerOptions = {
  'grpc.max_receive_message_length': messageBytesMax,
  'grpc.max_send_message_length': messageBytesMax,
  // One connection must not be able to pile up work without end.
  'grpc.max_concurrent_streams': 1_000,
  // A peer that vanished without a word (a node lost) is noticed within 30 s.
  'grpc.keepalive_time_ms': 20_000,
  'grpc.keepalive_timeout_ms': 10_000,
  // Clients reconnect now and then and so find new instances behind a name.
  'grpc.max_connection_age_ms': 300_000,
  'grpc.max_connection_age_grace_ms': 30_000,
};

/** Pairs a contract with its handlers. Throws an Error for an rpc without one. */
export function implement<D>(contract: ServiceContract<D>, handlers: Handlers<D, CallContext>): Implementation {
  return { contract, handlers: bindHandlers(contract, handlers) };
}

/** Serves implementations over gRPC with the same treatment for every call (serve-call.ts), plus gRPC health. */
export function createGrpcServer(init: GrpcServerInit): GrpcServer {
  const { service, implementations, authorize, log, metrics, drainTimeoutMs = 5_000 } = init;
  quietGrpc();
  const { host, port } = getAddressParts(init.address);
  const record = createCallRecorder(log, metrics);
  const server = new Server({ ...serverOptions, interceptors: [unreadCalls(log, metrics)] });
  const names = ['', ...implementations.map(({ contract }) => contract.name)];
  const health = new HealthImplementation(Object.fromEntries(names.map((name) => [name, 'NOT_SERVING'])));
  health.addToServer(server);
  let boundPort: number | undefined;

  for (const { contract, handlers } of implementations) {
    const definition: Record<string, object> = {};
    const functions: UntypedServiceImplementation = {};
    for (const { rpc, handler } of handlers) {
      const method = getMethod(contract, rpc);
      definition[rpc.name] = { ...method, requestDeserialize: passBytes, responseSerialize: passBytes };
      functions[rpc.name] = serveCall({ service, rpc, method, handler, authorize, record, log });
    }
    server.addService(definition as ServiceContract<unknown>['definition'], functions);
  }

  const setServing = (serving: boolean): void => {
    for (const name of names) health.setStatus(name, serving ? 'SERVING' : 'NOT_SERVING');
  };

  return {
    name: 'grpc-server',
    setServing,
    start: () =>
      new Promise((resolve, reject) => {
        server.bindAsync(formatAddress(host, port), ServerCredentials.createInsecure(), (error, bound) => {
          if (error) {
            reject(error);
            return;
          }
          boundPort = bound;
          resolve();
        });
      }),
    async stop() {
      setServing(false);
      const { promise: drained, resolve } = Promise.withResolvers<void>();
      server.tryShutdown(() => {
        resolve();
      });
      const timer = setTimeout(() => {
        log.warn({ drainTimeoutMs }, 'calls in flight were cut off');
        server.forceShutdown();
        resolve();
      }, drainTimeoutMs);
      await drained;
      clearTimeout(timer);
    },
    ready: () => boundPort !== undefined,
    address() {
      if (boundPort === undefined) throw new Error('the gRPC server is not listening');
      return formatAddress(host, boundPort);
    },
  };
}
