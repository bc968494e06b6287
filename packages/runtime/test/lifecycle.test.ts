import { createService } from '../src/index.ts';
import type { Component, ManagedService, ServiceInit } from '../src/index.ts';
import { captureLog, eventually } from './support.ts';

interface Part extends Component {
  isReady: boolean;
}

const events: string[] = [];
let capture = captureLog();
let running: ManagedService | undefined;

beforeEach(() => {
  events.length = 0;
  capture = captureLog();
});
afterEach(async () => {
  await running?.stop();
});

function part(name: string, overrides: Partial<Component> = {}): Part {
  return {
    name,
    isReady: true,
    start: () => Promise.resolve(void events.push(`start ${name}`)),
    stop: () => Promise.resolve(void events.push(`stop ${name}`)),
    ready() {
      return this.isReady;
    },
    ...overrides,
  };
}

function service(components: Component[], init: Partial<ServiceInit> = {}): ManagedService {
  running = createService({
    service: 'tenant',
    log: capture.log,
    components,
    address: () => '127.0.0.1:1',
    onReadyChange: (ready) => void events.push(ready ? 'ready' : 'not ready'),
    ...init,
  });
  return running;
}

const never = (): Promise<void> => new Promise(() => undefined);

test('components start in order, and stop in reverse after the service was declared not ready', async () => {
  const tenant = service([part('ops'), part('mongo'), part('grpc')]);
  await tenant.start();
  expect(tenant.ready()).toBe(true);
  expect(tenant.address()).toBe('127.0.0.1:1');
  await tenant.stop();
  expect(tenant.ready()).toBe(false);
  expect(events).toEqual([
    'start ops',
    'start mongo',
    'start grpc',
    'ready',
    'not ready',
    'stop grpc',
    'stop mongo',
    'stop ops',
  ]);
});

test('the service is ready when all its components are, and says which is not', async () => {
  const mongo = part('mongo');
  mongo.isReady = false;
  const tenant = service([part('ops'), mongo, { name: 'plain' }]);
  await tenant.start();
  expect(tenant.readiness()).toEqual([
    { name: 'tenant', ready: true },
    { name: 'ops', ready: true },
    { name: 'mongo', ready: false },
    { name: 'plain', ready: true },
  ]);
  expect(events).not.toContain('ready');

  mongo.isReady = true;
  await eventually(() => {
    expect(events.at(-1)).toBe('ready');
  });
  mongo.isReady = false;
  await eventually(() => {
    expect(events.at(-1)).toBe('not ready');
  });
  expect(capture.lines('not ready')).toEqual([expect.objectContaining({ waitingFor: ['mongo'] })]);
});

test('a component that cannot start stops itself and those before it, and start rejects with its error', async () => {
  const broken = part('mongo', { start: () => Promise.reject(new Error('no mongo')) });
  const tenant = service([part('ops'), broken, part('grpc')]);
  await expect(tenant.start()).rejects.toThrow('no mongo');
  expect(events).toEqual(['start ops', 'stop mongo', 'stop ops']);
  await expect(tenant.start()).rejects.toThrow(/started before/);
});

test('a service told to stop while it starts does not start the rest', async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const slow = part('mongo', {
    start: () => {
      events.push('start mongo');
      return promise;
    },
    stop: async () => {
      events.push('stop mongo');
      resolve();
    },
  });
  const tenant = service([part('ops'), slow, part('grpc')]);
  const started = expect(tenant.start()).rejects.toThrow(/stopped while starting/);
  await eventually(() => {
    expect(events).toContain('start mongo');
  });
  await tenant.stop();
  await started;
  expect(events).toEqual(['start ops', 'start mongo', 'stop mongo', 'stop ops']);
});

test('stop is bounded: what hangs is named and left behind, what is after it still stops', async () => {
  const tenant = service([part('ops'), part('relay', { stop: never }), part('grpc', { stop: never })], {
    stopTimeoutMs: 50,
  });
  await tenant.start();
  const startedAt = performance.now();
  await tenant.stop();
  expect(performance.now() - startedAt).toBeLessThan(2_000);
  expect(events.at(-1)).toBe('stop ops');
  const late = capture.lines('component did not stop in time');
  expect(late.map((line) => line.component)).toEqual(['grpc', 'relay']);
});

test('a component that fails to stop is logged and does not keep the others', async () => {
  const fails = part('grpc', { stop: () => Promise.reject(new Error('stuck')) });
  const throws = part('relay', {
    stop: () => {
      throw new Error('at once');
    },
  });
  const tenant = service([part('ops'), throws, fails]);
  await tenant.start();
  await tenant.stop();
  expect(events.at(-1)).toBe('stop ops');
  expect(capture.lines('component failed to stop').map((line) => (line.err as Error).message)).toEqual([
    'stuck',
    'at once',
  ]);
});

test('stopping twice stops once', async () => {
  const tenant = service([part('ops')]);
  await tenant.start();
  await Promise.all([tenant.stop(), tenant.stop()]);
  await tenant.stop();
  expect(events.filter((event) => event === 'stop ops')).toHaveLength(1);
  expect(capture.lines('stopped')).toHaveLength(1);
});
