import { createLogger } from '@portal/runtime';
import type { Logger, LogLevel } from '@portal/runtime';

/** Keeps test output clean; `TEST_LOG_LEVEL=debug` lets it speak. */
export const silentLogger: Logger =
  process.env['TEST_LOG_LEVEL'] === undefined
    ? createLogger({ service: 'test', level: 'fatal', destination: { write: () => undefined } })
    : createLogger({ service: 'test', level: process.env['TEST_LOG_LEVEL'] as LogLevel });
