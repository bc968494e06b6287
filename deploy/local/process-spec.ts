import type { Probe } from './readiness.ts';

/** What the supervisor has to know of one process. */
export interface ProcessSpec {
  name: string;
  /** A task runs once and is done when it exits with 0; the others stay. */
  kind: 'server' | 'service' | 'task';
  /** Program and arguments; run without a shell, in a process group of its own. */
  command: readonly [string, ...string[]];
  cwd: string;
  env: Readonly<Record<string, string>>;
  /** Must be free before it starts. */
  ports: readonly number[];
  /** Names of processes that must be ready (tasks: done) before. */
  needs: readonly string[];
  /** Asked until true. Tasks have none. */
  ready?: Probe;
  /** Writes folders and configuration files; before every start, must be repeatable. */
  prepare?: () => void;
  readyWithinMs: number;
  /** From SIGTERM to SIGKILL. */
  graceMs: number;
  /** Where it is found, for people. */
  address: string;
}

export type ProcessState =
  'waiting' | 'starting' | 'ready' | 'done' | 'backing-off' | 'stopping' | 'stopped' | 'failed';

export interface ProcessStatus {
  name: string;
  kind: ProcessSpec['kind'];
  state: ProcessState;
  address: string;
  pid?: number;
  /** From the last start to readiness. */
  readyMs?: number;
  /** Restarts since it last was ready for 30 s. */
  restarts: number;
  /** How it ended last, for example `exit 1` or `SIGKILL`. */
  lastExit?: string;
}

/**
 * The order of start: every process after all that it needs.
 * Throws when a need is unknown or needs go in a circle.
 */
export function startOrder(specs: readonly ProcessSpec[]): ProcessSpec[] {
  const byName = new Map(specs.map((spec) => [spec.name, spec]));
  const order = new Set<ProcessSpec>();
  const visit = (name: string, path: readonly string[]): void => {
    const spec = byName.get(name);
    if (spec === undefined) throw new Error(`${path.at(-1) ?? ''} needs ${name}, which is not in the stack`);
    if (order.has(spec)) return;
    if (path.includes(name)) throw new Error(`needs go in a circle: ${[...path, name].join(' → ')}`);
    for (const need of spec.needs) visit(need, [...path, name]);
    order.add(spec);
  };
  for (const spec of specs) visit(spec.name, []);
  return [...order];
}
