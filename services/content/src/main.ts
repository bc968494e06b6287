import { runMain } from '@portal/runtime';
import { readConfig } from './config.ts';
import { createContentService } from './service.ts';

runMain('content', () => createContentService(readConfig()));
