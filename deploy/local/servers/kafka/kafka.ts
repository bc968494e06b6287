import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { verifyChecksums } from '../../artifacts.ts';
import { kafkaReady } from '../../readiness.ts';
import { runCommand } from '../../run-command.ts';
import { javaOptions, mavenDependency, type Server } from '../server.ts';

const pom = join(import.meta.dirname, 'pom.xml');
const checksums = join(import.meta.dirname, 'jars.sha256');
const log4j = join(import.meta.dirname, 'log4j2.properties');

/** One broker that is its own controller (KRaft), straight from the jars. */
export const kafka: Server = {
  name: 'kafka',
  artifact: {
    name: 'kafka',
    version: '4.4.0',
    pins: [pom, checksums],
    tools: ['java', 'mvn'],
    install: async (folder, { java, mvn }) => {
      const env = { ...process.env, JAVA_HOME: dirname(dirname(java)) };
      const options = ['-f', pom, '-DincludeScope=runtime', `-DoutputDirectory=${folder}`];
      await runCommand(mavenDependency(mvn, 'copy-dependencies', ...options), { env });
      verifyChecksums(folder, checksums);
    },
  },
  needs: [],
  run: ({ ports, artifact, data, java }) => {
    const properties = join(data, 'server.properties');
    const classpath = [`-Dlog4j2.configurationFile=${log4j}`, '-cp', `${artifact}/*`];
    const format = [
      java,
      '-Xmx128m',
      ...javaOptions,
      ...classpath,
      'kafka.tools.StorageTool',
      'format',
      '--standalone',
    ];
    const serve = [
      java,
      '-Xms256m',
      '-Xmx512m',
      '-XX:+UseG1GC',
      ...javaOptions,
      ...classpath,
      'kafka.Kafka',
      properties,
    ];
    const formatOnce = `test -f ${quoted([join(data, 'log/meta.properties')])} || ${quoted([...format, '--config', properties, '-t', clusterId])}`;
    return {
      ports: [ports.kafka, ports.kafkaController],
      address: `127.0.0.1:${ports.kafka}`,
      command: ['sh', '-c', `{ ${formatOnce}; } && exec ${quoted(serve)}`],
      prepare: () => {
        mkdirSync(data, { recursive: true });
        writeFileSync(properties, brokerProperties(ports.kafka, ports.kafkaController, join(data, 'log')));
      },
      ready: kafkaReady(ports.kafka),
      readyWithinMs: 60_000,
      graceMs: 15_000,
    };
  },
};

/** 16 bytes in base64url; says whose data it is, no two stacks ever meet. */
const clusterId = 'cG9ydGFsLWxvY2FsLWRldg';

function quoted(words: readonly string[]): string {
  return words.map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(' ');
}

function brokerProperties(port: number, controllerPort: number, logDir: string): string {
  const properties: Record<string, string | number | boolean> = {
    'process.roles': 'broker,controller',
    'node.id': 1,
    'controller.quorum.bootstrap.servers': `127.0.0.1:${controllerPort}`,
    listeners: `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}`,
    'controller.listener.names': 'CONTROLLER',
    'inter.broker.listener.name': 'PLAINTEXT',
    'listener.security.protocol.map': 'CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT',
    'log.dirs': logDir,
    'auto.create.topics.enable': false,
    'default.replication.factor': 1,
    'min.insync.replicas': 1,
    'offsets.topic.replication.factor': 1,
    'offsets.topic.num.partitions': 8,
    'transaction.state.log.replication.factor': 1,
    'transaction.state.log.min.isr': 1,
    'transaction.state.log.num.partitions': 4,
    'share.coordinator.state.topic.replication.factor': 1,
    'share.coordinator.state.topic.min.isr': 1,
    'share.coordinator.state.topic.num.partitions': 2,
    'group.initial.rebalance.delay.ms': 0,
    'num.network.threads': 2,
    'num.io.threads': 4,
    'log.cleaner.dedupe.buffer.size': 16_777_216,
    'log.cleaner.threads': 1,
    'log.retention.hours': 48,
    'log.segment.bytes': 67_108_864,
    // a broker killed by -9 is let in again after 3 s instead of 9
    'broker.session.timeout.ms': 3_000,
    'broker.heartbeat.interval.ms': 1_000,
  };
  return `${Object.entries(properties)
    .map(([key, value]) => `${key}=${value}`)
    .join('\n')}\n`;
}
