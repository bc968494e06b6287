import { runMain } from '@portal/runtime';
import { readConfig } from './config.ts';
import { createTenantService } from './service.ts';

runMain('tenant', () => createTenantService(readConfig()));
