import { createLogger } from './logger.ts';
import type { Service } from './lifecycle.ts';

const lingerMs = 1_000;

/**
 * The life of a service process: create, start, wait for SIGTERM or SIGINT, stop, exit 0.
 * Anything uncaught, at start or later, is logged and ends the process with 1: every state that matters is in a
 * transaction, so starting anew is safer than going on. A second signal ends it at once.
 */
export function runMain(name: string, create: () => Promise<Service>): void {
  const log = createLogger({ service: name, level: 'info' });
  let service: Service | undefined;
  let stopping = false;

  const die = (error: unknown, message: string): never => {
    log.fatal({ err: error }, message);
    process.exit(1);
  };

  const stop = (signal: NodeJS.Signals): void => {
    if (stopping) process.exit(1);
    stopping = true;
    log.info({ signal }, 'stopping');
    void (service?.stop() ?? Promise.resolve()).then(() => {
      // The process ends by itself once the last lines are written, and soon even when something was left open.
      process.exitCode = 0;
      setTimeout(() => process.exit(0), lingerMs).unref();
    });
  };

  process.on('uncaughtException', (error) => die(error, 'uncaught exception'));
  process.on('unhandledRejection', (error) => die(error, 'unhandled rejection'));
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);

  const run = async (): Promise<void> => {
    service = await create();
    if (stopping) return;
    await service.start();
  };
  run().catch((error: unknown) => {
    if (!stopping) die(error, 'could not start');
  });
}
