import { spawn, type ChildProcess } from 'node:child_process';

export interface CommandOptions {
  cwd?: string;
  env?: NodeJS.ProcessEnv;
}

const running = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of running) child.kill();
});

/** Runs a program to its end without a shell; throws with the last lines of its output when it does not exit with 0. */
export async function runCommand(
  command: readonly [string, ...string[]],
  options: CommandOptions = {},
): Promise<string> {
  const [program, ...args] = command;
  const { cwd, env = process.env } = options;
  let output = '';
  const how = await new Promise<string>((resolve) => {
    const child = spawn(program, args, { ...(cwd !== undefined && { cwd }), env, stdio: ['ignore', 'pipe', 'pipe'] });
    const keep = (chunk: Buffer) => (output = (output + chunk.toString()).slice(-100_000));
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    running.add(child);
    const end = (text: string) => {
      running.delete(child);
      resolve(text);
    };
    child.once('error', (error) => end(error.message));
    child.once('close', (code, signal) => end(signal ?? `exit ${code}`));
  });
  if (how === 'exit 0') return output;
  const tail = output.trimEnd().split('\n').slice(-20).join('\n  | ');
  throw new Error(`${program} ${args.join(' ')}\n  ${how}\n  | ${tail}`);
}

/** Interrupts whatever `runCommand` is running and resolves when all of it has ended. */
export async function endRunningCommands(): Promise<void> {
  await Promise.all(
    [...running].map((child) => {
      const ended = new Promise((resolve) => child.once('close', resolve));
      child.kill();
      return ended;
    }),
  );
}
