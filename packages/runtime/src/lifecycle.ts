import type { Clock } from './clock.ts';
import type { Logger } from './logger.ts';

/**
 * A part of a process with a lifecycle. `stop` must be safe to call more than once and at any moment after `start`
 * was called, even while `start` still waits for a server; `start` then rejects or resolves soon.
 */
export interface Component {
  name: string;
  start?(): Promise<void>;
  stop?(): Promise<void>;
  ready?(): boolean;
}

export interface Service {
  start(): Promise<void>;
  stop(): Promise<void>;
  /** host:port of the service's main server. */
  address(): string;
  ready(): boolean;
}

/** What a test may put in place of the real thing when it creates a service. */
export interface ServiceOverrides {
  clock?: Clock;
  newId?: () => string;
  log?: Logger;
}

export interface Readiness {
  name: string;
  ready: boolean;
}

export interface ManagedService extends Service {
  /** Every component with its readiness, for /readyz; the service itself comes first. */
  readiness(): readonly Readiness[];
}

export interface ServiceInit {
  service: string;
  log: Logger;
  /** In the order they start; they stop in the reverse order. */
  components: readonly Component[];
  /** host:port of the main server, once started. */
  address: () => string;
  /** Told whenever the service as a whole becomes ready or stops being so; gRPC health hangs on it. */
  onReadyChange?: (ready: boolean) => void;
  /** What all components together get for stopping; 10,000 by default. */
  stopTimeoutMs?: number;
}

/** How often readiness is looked at: a load balancer asks about once a second. */
const readinessIntervalMs = 100;
/** What a component gets even when the ones before it used up the time: enough to close a socket. */
const leastStopMs = 200;

type State = 'new' | 'starting' | 'running' | 'stopping' | 'stopped';

/**
 * Starts components in order and stops them in reverse, after the whole was declared not ready.
 * A component that fails to start stops those before it, and `start` rejects with its error.
 * `stop` never rejects and ends in bounded time: what did not stop in its time is logged and left behind.
 */
export function createService(init: ServiceInit): ManagedService {
  const { service, log, components, stopTimeoutMs = 10_000 } = init;
  const touched: Component[] = [];
  let state = 'new' as State;
  let announced = false;
  let timer: NodeJS.Timeout | undefined;
  let stopping: Promise<void> | undefined;

  const readiness = (): readonly Readiness[] => [
    { name: service, ready: state === 'running' },
    ...components.map((component) => ({ name: component.name, ready: component.ready?.() ?? true })),
  ];
  const ready = (): boolean => readiness().every((part) => part.ready);

  const announce = (): void => {
    const now = ready();
    if (now === announced) return;
    announced = now;
    const waitingFor = readiness()
      .filter((part) => !part.ready)
      .map((part) => part.name);
    if (now) log.info('ready');
    else log.warn({ waitingFor }, 'not ready');
    init.onReadyChange?.(now);
  };

  const stopAll = async (): Promise<void> => {
    clearInterval(timer);
    announce();
    const deadline = performance.now() + stopTimeoutMs;
    for (const component of touched.reverse()) {
      await stopComponent(component, Math.max(deadline - performance.now(), leastStopMs), log);
    }
    state = 'stopped';
    log.info('stopped');
  };

  const stop = (): Promise<void> => {
    state = 'stopping';
    stopping ??= stopAll();
    return stopping;
  };

  return {
    address: init.address,
    ready,
    readiness,
    stop,
    async start() {
      if (state !== 'new') throw new Error(`service ${service} was started before`);
      state = 'starting';
      try {
        for (const component of components) {
          touched.push(component);
          await component.start?.();
          // `stop` may have been called meanwhile; it has stopped what was started by then.
          if ((state as State) !== 'starting') throw new Error(`service ${service} was stopped while starting`);
        }
      } catch (error) {
        await stop();
        throw error;
      }
      state = 'running';
      timer = setInterval(announce, readinessIntervalMs).unref();
      announce();
    },
  };
}

async function stopComponent(component: Component, timeoutMs: number, log: Logger): Promise<void> {
  if (component.stop === undefined) return;
  const { promise: timeout, resolve } = Promise.withResolvers<'timeout'>();
  const timer = setTimeout(resolve, timeoutMs, 'timeout');
  try {
    if ((await Promise.race([component.stop(), timeout])) === 'timeout') {
      log.error({ component: component.name, timeoutMs: Math.round(timeoutMs) }, 'component did not stop in time');
    }
  } catch (error) {
    log.error({ component: component.name, err: error }, 'component failed to stop');
  } finally {
    clearTimeout(timer);
  }
}
