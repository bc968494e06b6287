import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ProcessSpec } from '../process-spec.ts';

/** A stack folder for one test, and small shell scripts that stand for servers in it. */
export interface Scripts {
  dir: string;
  folders: { logs: string; run: string };
  /** A process that runs `script`; by default it reports its start, is ready and stays. */
  spec: (name: string, script?: string, rest?: Partial<ProcessSpec>) => ProcessSpec;
  /** What the scripts have reported so far, one word each. */
  reports: () => string[];
  remove: () => void;
}

/** In scripts: `report <word>`, `ready`, and `stay`, which ends at SIGTERM reporting `<name>-ended`. */
export function createScripts(dir = mkdtempSync(join(tmpdir(), 'portal-supervisor-'))): Scripts {
  const reports = join(dir, 'reports');
  const spec = (name: string, script = 'stay', rest: Partial<ProcessSpec> = {}): ProcessSpec => {
    const readyFile = join(dir, `${name}.ready`);
    const functions = [
      `report() { echo "$1" >> '${reports}'; }`,
      `ready() { touch '${readyFile}'; }`,
      `stay() { trap 'report ${name}-ended; exit 0' TERM; report ${name}-started; ready; while :; do sleep 0.02; done; }`,
    ];
    return {
      name,
      kind: 'server',
      command: ['sh', '-c', [...functions, script].join('\n')],
      cwd: dir,
      env: { PATH: process.env['PATH'] ?? '' },
      ports: [],
      needs: [],
      prepare: () => rmSync(readyFile, { force: true }),
      ready: () => Promise.resolve(existsSync(readyFile)),
      readyWithinMs: 10_000,
      graceMs: 5_000,
      address: '',
      ...rest,
    };
  };
  return {
    dir,
    folders: { logs: join(dir, 'logs'), run: join(dir, 'run') },
    spec,
    reports: () => (existsSync(reports) ? readFileSync(reports, 'utf8').trim().split('\n') : []),
    remove: () => rmSync(dir, { recursive: true, force: true }),
  };
}
