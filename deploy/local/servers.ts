import { existsSync } from 'node:fs';
import { artifactFolder, ensureArtifact } from './artifacts.ts';
import { findTools, type ToolName } from './prerequisites.ts';
import { kafka } from './servers/kafka/kafka.ts';
import { keycloak } from './servers/keycloak/keycloak.ts';
import { mongo } from './servers/mongo/mongo.ts';
import type { Server, ServerName } from './servers/server.ts';

/** Every development server; the order is that of the progress lines. */
export const servers: readonly Server[] = [mongo, kafka, keycloak];

export interface Installed {
  java: string;
  /** Folder of each server's artifact. */
  artifacts: Readonly<Record<ServerName, string>>;
}

/** Finds or installs what the servers need; quick when all is there. Throws a text for people when something is missing. */
export async function install(log: (line: string) => void): Promise<Installed> {
  // All tools first and together: package managers do not run side by side.
  const missing = servers.filter(({ artifact }) => !existsSync(artifactFolder(artifact)));
  const needed = new Set<ToolName>(['java', ...missing.flatMap(({ artifact }) => artifact.tools)]);
  const tools = await findTools([...needed], log);
  const folders = await Promise.all(
    servers.map(async ({ name, artifact }) => [name, await ensureArtifact(artifact, tools, log)] as const),
  );
  return { java: tools.java, artifacts: Object.fromEntries(folders) as Record<ServerName, string> };
}
