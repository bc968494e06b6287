import { contentContract } from '@portal/contracts';
import type { ServiceContract } from '@portal/contracts';
import type { ContentServiceDefinition } from '@portal/contracts/content/v1/ContentService';
import { createGrpcClient, createGrpcServer, createLogger, createMetrics } from '../src/index.ts';
import type {
  Actor,
  Authorize,
  CallContext,
  GrpcClient,
  GrpcServer,
  Implementation,
  Logger,
  Metrics,
} from '../src/index.ts';

export type LogLine = Record<string, unknown> & { msg: string; level: string };

/** A logger that keeps its lines. */
export function captureLog(): { log: Logger; text: () => string; lines: (message?: string) => LogLine[] } {
  const written: string[] = [];
  const log = createLogger({
    service: 'test',
    level: 'trace',
    destination: { write: (line) => void written.push(line) },
  });
  return {
    log,
    text: () => written.join(''),
    lines: (message) => {
      const lines = written.map((line) => JSON.parse(line) as LogLine);
      return message === undefined ? lines : lines.filter((line) => line.msg === message);
    },
  };
}

/** Handlers of all rpcs of a contract from one function. */
export function handleAll<D>(
  contract: ServiceContract<D>,
  handler: (request: never, call: CallContext) => Promise<object>,
): Implementation {
  return {
    contract,
    handlers: contract.rpcs.map((rpc) => ({ rpc, handler: handler as (r: object, c: CallContext) => Promise<object> })),
  };
}

export const anonymous: Actor = { kind: 'anonymous' };
export const allowAll: Authorize = () => Promise.resolve(anonymous);

export interface Stack {
  server: GrpcServer;
  client: GrpcClient<ContentServiceDefinition>;
  metrics: Metrics;
  lines: (message?: string) => LogLine[];
  logText: () => string;
  stop(): Promise<void>;
}

type Handler = (request: { unitId: string }, call: CallContext) => Promise<object>;

/** A real server and client of the content contract in this process; every rpc is answered by one function. */
export async function startStack(
  handler: Handler,
  options: { authorize?: Authorize; address?: string; drainTimeoutMs?: number } = {},
): Promise<Stack> {
  const { authorize = allowAll, address = '127.0.0.1:0', drainTimeoutMs = 2_000 } = options;
  const { log, lines, text } = captureLog();
  const metrics = createMetrics('content');
  const implementations = [
    handleAll(contentContract, handler as (request: never, call: CallContext) => Promise<object>),
  ];
  const server = createGrpcServer({
    service: 'content',
    address,
    implementations,
    authorize,
    log,
    metrics,
    drainTimeoutMs,
  });
  await server.start?.();
  const client = createGrpcClient({
    contract: contentContract,
    address: server.address(),
    caller: 'gateway',
    log,
    metrics,
  });
  return {
    server,
    client,
    metrics,
    lines,
    logText: text,
    async stop() {
      client.close();
      await server.stop?.();
    },
  };
}

/** Polls until `check` no longer throws; fails with its last error after the limit. */
export async function eventually(check: () => unknown, limitMs = 5_000): Promise<void> {
  const deadline = performance.now() + limitMs;
  for (;;) {
    try {
      await check();
      return;
    } catch (error) {
      if (performance.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }
}

/** What a promise rejects with. Throws when it resolves. */
export async function rejection(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => {
      throw new Error('expected a rejection');
    },
    (error: unknown) => error,
  );
}

/** Value of one sample in the text format of Prometheus, whatever the order of its labels. */
export function findSample(text: string, name: string, labels: Record<string, string>): number | undefined {
  const line = text
    .split('\n')
    .filter((candidate) => candidate.startsWith(`${name}{`))
    .find((candidate) => Object.entries(labels).every(([key, value]) => candidate.includes(`${key}="${value}"`)));
  return line === undefined ? undefined : Number(line.slice(line.lastIndexOf(' ')));
}
