import { randomBytes } from 'node:crypto';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';

export interface TestNames {
  /** Of a database no other file or run uses. */
  database: string;
  /** Put before every topic and consumer group. */
  topicPrefix: string;
}

/** Names of one test file's own, from its `import.meta.url`: files share servers and never see each other's data. */
export function testNames(url: string): TestNames {
  const file = basename(fileURLToPath(url)).replace(/(\.test)?\.tsx?$/, '');
  const name = `${file
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .slice(0, 40)}-${randomBytes(4).toString('hex')}`;
  return { database: `test-${name}`, topicPrefix: `${name}.` };
}
