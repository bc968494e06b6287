import { accessSync, constants, existsSync, readdirSync, readFileSync, realpathSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { runCommand } from './run-command.ts';

type Log = (line: string) => void;

export type ToolName = 'java' | 'mvn' | 'python' | 'chromium';

interface Tool {
  what: string;
  find: () => Promise<string | undefined>;
  debian: string[];
}

const tools: Record<ToolName, Tool> = {
  java: {
    what: 'a JDK or JRE, 17 or later (JAVA_HOME, PATH or the usual folders)',
    find: findJava,
    debian: ['default-jre-headless'],
  },
  mvn: { what: 'Maven (PATH or MAVEN_HOME)', find: findMaven, debian: ['maven'] },
  python: {
    what: 'Python 3.11 to 3.13 with venv (PATH)',
    find: findPython,
    debian: ['python3', 'python3-venv'],
  },
  chromium: {
    what: 'Chromium, for the browser tests (PATH or /Applications)',
    find: () => Promise.resolve(findChromium()),
    debian: ['chromium'],
  },
};

/**
 * Paths of the programs, installed by apt where this user may.
 * Throws a text for people that names everything that is missing and how to get it.
 */
export async function findTools<Name extends ToolName>(
  names: readonly Name[],
  log: Log,
): Promise<Record<Name, string>> {
  let found = await findAll(names);
  const missing = names.filter((name) => found[name] === undefined);
  if (missing.length > 0) {
    await installFromDebian(
      missing.flatMap((name) => tools[name].debian),
      log,
    );
    found = { ...found, ...(await findAll(missing)) };
  }
  const still = names.filter((name) => found[name] === undefined);
  if (still.length > 0) {
    const lines = still.map(
      (name) => `  - ${tools[name].what}; on Debian: apt-get install ${tools[name].debian.join(' ')}`,
    );
    throw new Error(`These programs are missing and could not be installed:\n${lines.join('\n')}`);
  }
  return found as Record<Name, string>;
}

async function findAll(names: readonly ToolName[]): Promise<Partial<Record<ToolName, string>>> {
  const entries = await Promise.all(names.map(async (name) => [name, await tools[name].find()] as const));
  return Object.fromEntries(entries.filter(([, path]) => path !== undefined));
}

async function installFromDebian(packages: string[], log: Log): Promise<void> {
  const sudo = process.getuid?.() === 0 ? [] : ['sudo', '-n'];
  const apt = ['env', 'DEBIAN_FRONTEND=noninteractive', 'apt-get'];
  const command = (...args: string[]) => [...sudo, ...apt, ...args] as [string, ...string[]];
  if (inPath('apt-get') === undefined || (sudo.length > 0 && !(await succeeds(['sudo', '-n', 'true'])))) return;
  log(`installing ${packages.join(' ')} by apt-get`);
  try {
    await runCommand(command('update', '-q'));
    await runCommand(command('install', '-qy', '--no-install-recommends', ...packages));
  } catch (error) {
    log((error as Error).message);
  }
}

async function findJava(): Promise<string | undefined> {
  const path = inPath('java');
  const homes = [
    process.env['JAVA_HOME'],
    path === undefined ? undefined : dirname(dirname(realpathSync(path))),
    ...foldersIn('/usr/lib/jvm'),
    ...foldersIn('/opt').filter((folder) => /jdk|jre|java/i.test(folder)),
    ...foldersIn(join(homedir(), '.sdkman/candidates/java')),
    ...foldersIn(join(homedir(), '.jdks')),
    ...foldersIn('/Library/Java/JavaVirtualMachines').map((folder) => join(folder, 'Contents/Home')),
    '/opt/homebrew/opt/openjdk/libexec/openjdk.jdk/Contents/Home',
  ];
  for (const home of homes) {
    if (home === undefined || home === '') continue;
    const java = join(home, 'bin/java');
    if (isExecutable(java) && (await javaMajor(home, java)) >= 17) return java;
  }
  return undefined;
}

/** Feature version of the JDK in `home`; 0 when it cannot be told. */
async function javaMajor(home: string, java: string): Promise<number> {
  const release = join(home, 'release');
  const text = existsSync(release)
    ? readFileSync(release, 'utf8')
    : await runCommand([java, '-version']).catch(() => '');
  return Number(/(?:JAVA_VERSION=|version )"(?:1\.)?(\d+)/.exec(text)?.[1] ?? 0);
}

function findMaven(): Promise<string | undefined> {
  const homes = [process.env['MAVEN_HOME'], process.env['M2_HOME']].flatMap((home) =>
    home ? [join(home, 'bin/mvn')] : [],
  );
  return Promise.resolve([...homes, inPath('mvn')].find((path) => path !== undefined && isExecutable(path)));
}

async function findPython(): Promise<string | undefined> {
  const check = 'import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))';
  for (const name of ['python3', 'python3.13', 'python3.12', 'python3.11', '/usr/bin/python3']) {
    const path = name.startsWith('/') ? name : inPath(name);
    if (path !== undefined && (await succeeds([path, '-c', check]))) return path;
  }
  return undefined;
}

/** Path of the browser that the tests drive. */
export function findChromium(): string | undefined {
  const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
  const apps = ['Chromium', 'Google Chrome'].map((app) => `/Applications/${app}.app/Contents/MacOS/${app}`);
  return [...names.map(inPath), ...apps].find((path) => path !== undefined && isExecutable(path));
}

function inPath(program: string): string | undefined {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  return folders.map((folder) => join(folder, program)).find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function foldersIn(folder: string): string[] {
  try {
    return readdirSync(folder)
      .sort()
      .map((name) => join(folder, name));
  } catch {
    return [];
  }
}

function succeeds(command: [string, ...string[]]): Promise<boolean> {
  return runCommand(command).then(
    () => true,
    () => false,
  );
}

/** `node prerequisites.ts <program…>`: what the servers do not need, but the tests do. */
async function main(): Promise<void> {
  const names = process.argv.slice(2).filter((name): name is ToolName => name in tools);
  try {
    await findTools(names, (line) => void process.stderr.write(`${line}\n`));
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n`);
    process.exitCode = 1;
  }
}

// No top-level await: jest loads this package by require().
if (import.meta.main) void main();
