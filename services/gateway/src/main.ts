import { runMain } from '@portal/runtime';
import { readConfig } from './config.ts';
import { createGatewayService } from './service.ts';

runMain('gateway', () => createGatewayService(readConfig()));
