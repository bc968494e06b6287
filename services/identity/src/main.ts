import { runMain } from '@portal/runtime';
import { readConfig } from './config.ts';
import { createIdentityService } from './service.ts';

runMain('identity', () => createIdentityService(readConfig()));
