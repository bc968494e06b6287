import { spawn } from 'node:child_process';

export interface CommandOptions {
  cwd?: string;
  env?: NodeJS.ProcessEnv;
}

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
    child.once('error', (error) => resolve(error.message));
    child.once('close', (code, signal) => resolve(signal ?? `exit ${code}`));
    const kill = () => child.kill();
    process.once('exit', kill); // an interrupted installation leaves nothing running
    child.once('close', () => process.off('exit', kill));
  });
  if (how === 'exit 0') return output;
  const tail = output.trimEnd().split('\n').slice(-20).join('\n  | ');
  throw new Error(`${program} ${args.join(' ')}\n  ${how}\n  | ${tail}`);
}
