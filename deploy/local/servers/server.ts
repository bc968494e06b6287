import type { Artifact } from '../artifacts.ts';
import type { Ports } from '../ports.ts';
import type { ProcessSpec } from '../process-spec.ts';
import type { Secrets } from '../secrets.ts';

export type ServerName = 'mongo' | 'kafka' | 'keycloak';

export interface ServerContext {
  ports: Ports;
  secrets: Secrets;
  /** The installed artifact; read only, shared by all stacks. */
  artifact: string;
  /** The server's own folder in the stack. */
  data: string;
  java: string;
}

/** One development server: where it comes from and how it runs. A further one is one more entry in ../servers.ts. */
export interface Server {
  name: ServerName;
  artifact: Artifact;
  needs: readonly string[];
  run: (context: ServerContext) => Pick<
    ProcessSpec,
    'command' | 'ports' | 'ready' | 'prepare' | 'readyWithinMs' | 'graceMs' | 'address'
  > & {
    env?: Record<string, string>;
  };
}

/** Options every development JVM shares: the first compiler only, which saves more than half of the start's CPU time. */
export const javaOptions = ['-XX:TieredStopAtLevel=1', '-XX:+ExitOnOutOfMemoryError', '-Djava.awt.headless=true'];

/** A goal of Maven's dependency plugin, quiet and without questions. */
export function mavenDependency(mvn: string, goal: string, ...options: string[]): [string, ...string[]] {
  return [mvn, '-q', '-B', `org.apache.maven.plugins:maven-dependency-plugin:3.8.1:${goal}`, ...options];
}
