import { ensureArtifact } from './artifacts.ts';
import { findTools } from './prerequisites.ts';
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
  const { java } = await findTools(['java'], log);
  const folders = await Promise.all(
    servers.map(async ({ name, artifact }) => [name, await ensureArtifact(artifact, log)] as const),
  );
  return { java, artifacts: Object.fromEntries(folders) as Record<ServerName, string> };
}
