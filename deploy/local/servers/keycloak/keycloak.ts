import { mkdirSync, readdirSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { verifyChecksums } from '../../artifacts.ts';
import { httpReady } from '../../readiness.ts';
import { runCommand } from '../../run-command.ts';
import { javaOptions, mavenDependency, type Server } from '../server.ts';

const version = '26.7.4';
const checksums = join(import.meta.dirname, 'zip.sha256');

/** Keycloak in production mode, optimised once by its own build, with its embedded database. */
export const keycloak: Server = {
  name: 'keycloak',
  artifact: {
    name: 'keycloak',
    version,
    pins: [checksums],
    tools: ['java', 'mvn', 'python'],
    install: async (folder, { java, mvn, python }) => {
      const download = join(folder, 'download');
      const env = { ...process.env, JAVA_HOME: dirname(dirname(java)) };
      const artifact = `-Dartifact=org.keycloak:keycloak-quarkus-dist:${version}:zip`;
      await runCommand(mavenDependency(mvn, 'copy', artifact, `-DoutputDirectory=${download}`), { env });
      verifyChecksums(download, checksums);
      await runCommand([python, '-m', 'zipfile', '-e', join(download, `keycloak-quarkus-dist-${version}.zip`), folder]);
      rmSync(download, { recursive: true });
      const unpacked = join(folder, `keycloak-${version}`);
      for (const name of readdirSync(unpacked)) renameSync(join(unpacked, name), join(folder, name));
      rmSync(unpacked, { recursive: true });
      const options = ['--db=dev-file', '--health-enabled=true', '--metrics-enabled=true'];
      await runCommand([...keycloakCommand(java, folder, folder), 'build', ...options], { cwd: folder });
    },
  },
  needs: [],
  run: ({ ports, secrets, artifact, data, java }) => ({
    ports: [ports.keycloak, ports.keycloakManagement],
    address: `http://localhost:${ports.keycloak}`,
    command: [
      ...keycloakCommand(java, artifact, data),
      ...['start', '--optimized'],
      `--hostname=http://localhost:${ports.keycloak}`, // begins every issuer, spelled so everywhere
      ...['--http-enabled=true', '--http-host=127.0.0.1', `--http-port=${ports.keycloak}`],
      `--http-management-port=${ports.keycloakManagement}`,
      '--cache=local', // ignored at build; without it here it listens for cluster peers on every interface
      '--log-level=INFO,io.smallrye.health:WARN',
    ],
    env: { KC_BOOTSTRAP_ADMIN_USERNAME: 'admin', KC_BOOTSTRAP_ADMIN_PASSWORD: secrets.keycloakAdminPassword },
    prepare: () => linkHome(artifact, data),
    ready: httpReady(`http://127.0.0.1:${ports.keycloakManagement}/health/ready`),
    readyWithinMs: 180_000,
    graceMs: 15_000,
  }),
};

/**
 * A home folder of the stack's own: links to the shared distribution, and a real `data` folder beside them, where
 * Keycloak puts the database. So stacks share one built distribution and no state.
 */
function linkHome(artifact: string, home: string): void {
  mkdirSync(home, { recursive: true });
  for (const name of readdirSync(artifact)) {
    if (name === 'data') continue;
    rmSync(join(home, name), { force: true });
    symlinkSync(join(artifact, name), join(home, name));
  }
}

/** What bin/kc.sh would run, without its shell: signals reach the JVM itself. */
function keycloakCommand(java: string, artifact: string, home: string): [string, ...string[]] {
  const opened = ['java.util', 'java.util.concurrent', 'java.security', 'java.lang'];
  return [
    java,
    ...['-Xms128m', '-Xmx600m', '-XX:MaxMetaspaceSize=256m', ...javaOptions],
    ...opened.map((name) => `--add-opens=java.base/${name}=ALL-UNNAMED`),
    ...['-Dfile.encoding=UTF-8', '-Duser.language=en', '-Duser.country=US'],
    `-Dkc.home.dir=${home}`,
    `-Djboss.server.config.dir=${join(home, 'conf')}`,
    '-Djava.util.logging.manager=org.jboss.logmanager.LogManager',
    '-Djava.util.concurrent.ForkJoinPool.common.threadFactory=io.quarkus.bootstrap.forkjoin.QuarkusForkJoinWorkerThreadFactory',
    ...['-Dpicocli.disable.closures=true', '-Dquarkus-log-max-startup-records=10000'],
    ...['-cp', join(artifact, 'lib/quarkus-run.jar'), 'io.quarkus.bootstrap.runner.QuarkusEntryPoint'],
  ];
}
