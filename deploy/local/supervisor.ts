import { createChild, type Child, type ChildFolders, type Timing } from './child.ts';
import { reapOrphans } from './pid-file.ts';
import { startOrder, type ProcessSpec, type ProcessStatus } from './process-spec.ts';
import { holderOf } from './process-table.ts';

export interface SupervisorOptions {
  specs: readonly ProcessSpec[];
  folders: ChildFolders;
  log: (line: string) => void;
  timing?: Timing;
}

export interface Supervisor {
  /**
   * Ends what an earlier, killed supervisor left, then starts everything, each as soon as its needs are ready.
   * Rejects with the first failure after having stopped all again; call once.
   */
  start: () => Promise<void>;
  /** Reverse order: a process ends when all that need it have ended. Resolves to the names that had to be killed. */
  stop: () => Promise<string[]>;
  /** Stops and starts one process; rejects when it does not get ready. */
  restart: (name: string) => Promise<void>;
  status: () => ProcessStatus[];
}

/** Throws when the needs of `specs` cannot be ordered. */
export function createSupervisor({ specs, folders, log, timing }: SupervisorOptions): Supervisor {
  const order = startOrder(specs);
  const children = new Map<string, Child>(order.map((spec) => [spec.name, createChild(spec, folders, log, timing)]));
  let stopping: Promise<string[]> | undefined;

  async function start(): Promise<void> {
    try {
      await reapOrphans(folders.run, log);
      await assertPortsFree(order);
      await startAll();
    } catch (error) {
      await stop();
      throw error;
    }
  }

  async function startAll(): Promise<void> {
    const started = new Map<string, Promise<void>>();
    for (const { name, needs } of order) {
      const ready = Promise.all(needs.map(async (need) => started.get(need))).then(() => {
        if (stopping !== undefined) throw new Error('stopped');
        return child(name).start();
      });
      ready.catch(() => undefined); // awaited below; the first failure is the one to report
      started.set(name, ready);
    }
    await Promise.all(started.values());
  }

  function stop(): Promise<string[]> {
    return (stopping ??= stopAll());
  }

  async function stopAll(): Promise<string[]> {
    const stopped = new Map<string, Promise<void>>();
    const killed: string[] = [];
    for (const { name } of order.toReversed()) {
      const dependents = order.filter(({ needs }) => needs.includes(name));
      const done = Promise.all(dependents.map(async (dependent) => stopped.get(dependent.name))).then(async () => {
        if (await child(name).stop()) killed.push(name);
      });
      stopped.set(name, done);
    }
    await Promise.all(stopped.values());
    return killed;
  }

  async function restart(name: string): Promise<void> {
    if (stopping !== undefined) throw new Error('the stack is being stopped');
    await child(name).stop();
    await child(name).start();
  }

  function child(name: string): Child {
    const found = children.get(name);
    if (found === undefined)
      throw new Error(`no process is called ${name}; there are ${[...children.keys()].join(', ')}`);
    return found;
  }

  return { start, stop, restart, status: () => order.map(({ name }) => child(name).status()) };
}

/** Throws naming every taken port with its holder. */
async function assertPortsFree(specs: readonly ProcessSpec[]): Promise<void> {
  const taken: string[] = [];
  for (const { name, ports } of specs) {
    for (const port of ports) {
      const holder = await holderOf(port);
      if (holder !== undefined) taken.push(`port ${port} of ${name} is taken by ${holder}`);
    }
  }
  if (taken.length > 0) throw new Error(`${taken.join('\n')}\nEnd it, or move all ports with PORTAL_BASE_PORT.`);
}
