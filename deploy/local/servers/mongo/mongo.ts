import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { mongoReady } from '../../readiness.ts';
import { runCommand } from '../../run-command.ts';
import type { Server } from '../server.ts';

const requirements = join(import.meta.dirname, 'requirements.txt');

/** SecantusDB, which speaks MongoDB's wire protocol: MongoDB itself is on no package registry. */
export const mongo: Server = {
  name: 'mongo',
  artifact: {
    name: 'mongo-stand-in',
    version: '0.7.0b3',
    pins: [requirements],
    tools: ['python'],
    install: async (folder, { python }) => {
      await runCommand([python, '-m', 'venv', folder]);
      const pip = [join(folder, 'bin/python'), '-m', 'pip', 'install', '-q'] as const;
      await runCommand([
        ...pip,
        '--disable-pip-version-check',
        '--only-binary',
        ':all:',
        '--require-hashes',
        '-r',
        requirements,
      ]);
    },
  },
  needs: [],
  run: ({ ports, artifact, data }) => ({
    ports: [ports.mongo],
    address: `mongodb://127.0.0.1:${ports.mongo}`,
    command: [
      join(artifact, 'bin/python'),
      ...['-c', 'from secantus.cli import main; main()'],
      ...['--host', '127.0.0.1', '--port', String(ports.mongo)],
      ...['--storage-path', data, '--cache-size', '256M'],
      '--sync-on-commit', // without it acknowledged transactions are lost when it is killed
    ],
    prepare: () => mkdirSync(data, { recursive: true }),
    ready: mongoReady(ports.mongo),
    readyWithinMs: 60_000,
    graceMs: 15_000,
  }),
};
