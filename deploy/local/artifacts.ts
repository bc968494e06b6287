import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { withLock } from './lock.ts';
import { cacheDir } from './paths.ts';
import type { ToolName } from './prerequisites.ts';

export interface Artifact {
  name: string;
  version: string;
  /** The files that pin its content; whenever one changes it is installed anew. */
  pins: readonly string[];
  tools: readonly ToolName[];
  /** Fills the empty folder, checks everything fetched against the pins; throws otherwise. */
  install: (folder: string, tools: Record<ToolName, string>) => Promise<void>;
}

export type Tools = Readonly<Partial<Record<ToolName, string>>>;

/** Where the artifact lies in the cache, installed or not. */
export function artifactFolder({ name, version, pins }: Artifact): string {
  const hash = createHash('sha256');
  for (const pin of pins) hash.update(readFileSync(pin));
  return join(cacheDir, `${name}-${version}-${hash.digest('hex').slice(0, 8)}`);
}

/** Installs the artifact where it is missing, once however many ask for it at the same time; returns its folder. */
export async function ensureArtifact(artifact: Artifact, tools: Tools, log: (line: string) => void): Promise<string> {
  const { name, version } = artifact;
  const folder = artifactFolder(artifact);
  if (existsSync(folder)) return folder;
  mkdirSync(cacheDir, { recursive: true });
  const wait = () => log(`${name}: waiting for another process that installs it`);
  await withLock(`${folder}.lock`, wait, async () => {
    if (existsSync(folder)) return;
    const begun = performance.now();
    log(`${name} ${version}: installing`);
    const partial = `${folder}.partial`;
    rmSync(partial, { recursive: true, force: true });
    mkdirSync(partial);
    await artifact.install(partial, tools as Record<ToolName, string>);
    renameSync(partial, folder);
    log(`${name} ${version}: installed in ${((performance.now() - begun) / 1000).toFixed(1)} s`);
  });
  return folder;
}

/**
 * Checks the folder's files against lines of `<sha256>  <file>`.
 * Throws naming the file that differs, is missing or is not listed.
 */
export function verifyChecksums(folder: string, list: string): void {
  const expected = new Map(
    readFileSync(list, 'utf8')
      .trim()
      .split('\n')
      .map((line) => line.split(/\s+/).toReversed() as [string, string]),
  );
  for (const file of readdirSync(folder)) {
    const sum = createHash('sha256')
      .update(readFileSync(join(folder, file)))
      .digest('hex');
    if (!expected.has(file)) throw new Error(`${file} is not listed in ${list}`);
    if (expected.get(file) !== sum) throw new Error(`${file} has the checksum ${sum}, which is not the one in ${list}`);
    expected.delete(file);
  }
  if (expected.size > 0) throw new Error(`missing: ${[...expected.keys()].join(', ')}, listed in ${list}`);
}
