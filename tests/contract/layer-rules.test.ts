import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

// A rule that nobody has seen fail may check nothing: each one gets a small tree of its own kind of mistake.

const root = fileURLToPath(new URL('../..', import.meta.url));
const run = promisify(execFile);

type Files = Readonly<Record<string, string>>;

const manifest = (name: string, fields: object = {}): string =>
  JSON.stringify({ name, type: 'module', exports: { '.': './src/index.ts' }, ...fields });
const packageNames = ['errors', 'contracts', 'runtime', 'mongo', 'events', 'authz', 'testkit'];
const all = Object.fromEntries(packageNames.map((name) => [`@portal/${name}`, '*']));

/** What the project looks like where all is well. */
const good: Files = {
  'package.json': JSON.stringify({ name: 'planted', workspaces: ['packages/*', 'services/*'] }),
  'tsconfig.json': JSON.stringify({
    compilerOptions: { module: 'nodenext', allowImportingTsExtensions: true, noEmit: true },
  }),
  ...Object.fromEntries(
    packageNames.flatMap((name) => [
      [`packages/${name}/package.json`, manifest(`@portal/${name}`, { dependencies: all })],
      [`packages/${name}/src/index.ts`, `export { inner } from './inner.ts';\n`],
      [`packages/${name}/src/inner.ts`, `export const inner = '${name}';\n`],
    ]),
  ),
  'packages/contracts/src/index.ts': `export { inner } from '@portal/errors';\n`,
  ...Object.fromEntries(
    ['tenant', 'content'].flatMap((name) => [
      [
        `services/${name}/package.json`,
        manifest(`@portal/${name}`, {
          exports: { '.': './src/service.ts' },
          dependencies: all,
          devDependencies: { [`@portal/${name === 'tenant' ? 'content' : 'tenant'}`]: '*' },
        }),
      ],
      [`services/${name}/src/main.ts`, `import './config.ts';\nimport './service.ts';\nimport '@portal/runtime';\n`],
      [`services/${name}/src/config.ts`, `import '@portal/runtime';\nexport const config = 1;\n`],
      [
        `services/${name}/src/service.ts`,
        `import './unit/grpc.ts';\nimport './unit/store.ts';\nimport './site/grpc.ts';\nimport '@portal/mongo';\n`,
      ],
      [`services/${name}/src/events.ts`, `import type { Unit } from './unit/domain.ts';\nexport type { Unit };\n`],
      [`services/${name}/src/metrics.ts`, `import '@portal/runtime';\n`],
      ...['unit', 'site'].flatMap((aggregate) => [
        [`services/${name}/src/${aggregate}/domain.ts`, `import '@portal/errors';\nexport type Unit = string;\n`],
        [
          `services/${name}/src/${aggregate}/store.ts`,
          `import './domain.ts';\nimport '@portal/mongo';\nexport type S = 1;\n`,
        ],
        [
          `services/${name}/src/${aggregate}/grpc.ts`,
          `import './domain.ts';\nimport './store.ts';\nimport type { S } from '../site/store.ts';\nimport '@portal/contracts';\nexport type T = S;\n`,
        ],
      ]),
      [`services/${name}/test/service.test.ts`, `import '../src/service.ts';\nimport '@portal/testkit';\n`],
    ]),
  ),
};

const inTenant = 'services/tenant/src';

/** Rule → one or more files that break it. Lines are added to the good file of the same name. */
const planted: readonly [rule: string, file: string, line: string, more?: Files][] = [
  ['package-layers-errors', 'packages/errors/src/inner.ts', `import '@portal/runtime';`],
  ['package-layers-contracts', 'packages/contracts/src/inner.ts', `import '@portal/runtime';`],
  ['package-layers-runtime', 'packages/runtime/src/inner.ts', `import '@portal/mongo';`],
  ['package-layers-mongo', 'packages/mongo/src/inner.ts', `import '@portal/runtime';`],
  ['package-layers-events', 'packages/events/src/inner.ts', `import '@portal/contracts';`],
  ['package-layers-authz', 'packages/authz/src/inner.ts', `import type {} from '@portal/mongo';`],
  [
    'package-layers-testkit',
    'packages/testkit/src/inner.ts',
    `import '@portal/other';`,
    {
      'packages/other/package.json': manifest('@portal/other'),
      'packages/other/src/index.ts': 'export {};\n',
    },
  ],
  ['no-cycle', 'packages/mongo/src/inner.ts', `import './index.ts';`],
  ['resolvable', 'packages/mongo/src/inner.ts', `import './missing.ts';`],
  [
    'declared',
    'packages/mongo/src/inner.ts',
    `import 'undeclared';`,
    {
      'node_modules/undeclared/package.json': JSON.stringify({ name: 'undeclared', main: 'index.js' }),
      'node_modules/undeclared/index.js': '',
    },
  ],
  [
    'no-dev-dependency-in-src',
    'packages/mongo/src/inner.ts',
    `import 'tool';`,
    {
      'packages/mongo/package.json': manifest('@portal/mongo', { devDependencies: { tool: '1' } }),
      'node_modules/tool/package.json': JSON.stringify({ name: 'tool', main: 'index.js' }),
      'node_modules/tool/index.js': '',
    },
  ],
  ['services-apart', `${inTenant}/events.ts`, `import '@portal/content';`],
  ['packages-below-services', 'packages/testkit/src/inner.ts', `import '@portal/tenant';`],
  ['public-entry-only', `${inTenant}/events.ts`, `import '../../../packages/errors/src/inner.ts';`],
  ['by-package-name', `${inTenant}/events.ts`, `import '../../../packages/errors/src/index.ts';`],
  ['testkit-in-tests-only', `${inTenant}/events.ts`, `import '@portal/testkit';`],
  ['tests-apart', `${inTenant}/events.ts`, `import '../test/service.test.ts';`],
  ['main-is-the-top', 'services/tenant/test/service.test.ts', `import '../src/main.ts';`],
  ['main-only-wires', `${inTenant}/main.ts`, `import '@portal/mongo';`],
  ['config-stands-alone', `${inTenant}/config.ts`, `import './unit/domain.ts';`],
  ['service-is-the-root', `${inTenant}/events.ts`, `import type {} from './service.ts';`],
  ['domain-is-pure', `${inTenant}/unit/domain.ts`, `import { randomUUID } from 'node:crypto';\nrandomUUID();`],
  ['domain-is-the-bottom', `${inTenant}/unit/domain.ts`, `import type {} from '../events.ts';`],
  [
    'domain-reaches-nothing',
    `${inTenant}/unit/domain.ts`,
    `import './helper.ts';`,
    {
      [`${inTenant}/unit/helper.ts`]: `import '@portal/contracts';\n`,
    },
  ],
  ['grpc-without-storage', `${inTenant}/unit/grpc.ts`, `import '@portal/mongo';`],
  ['stores-are-passed-in', `${inTenant}/unit/grpc.ts`, `import '../site/store.ts';`],
  ['mongo-in-stores-only', `${inTenant}/events.ts`, `import '@portal/mongo';`],
  ['store-below-rpcs', `${inTenant}/unit/store.ts`, `import '@portal/authz';`],
  ['events-translate', `${inTenant}/events.ts`, `import type {} from './unit/store.ts';`],
  ['metrics-count', `${inTenant}/metrics.ts`, `import './events.ts';`],
];

const folders: string[] = [];
afterAll(async () => {
  for (const folder of folders) await rm(folder, { recursive: true, force: true });
});

/** `rule file` of everything that is wrong in a tree of these files. */
async function violations(files: Files): Promise<Set<string>> {
  const folder = await mkdtemp(path.join(tmpdir(), 'lint-rules-'));
  folders.push(folder);
  for (const [name, text] of Object.entries(files)) {
    await mkdir(path.dirname(path.join(folder, name)), { recursive: true });
    await writeFile(path.join(folder, name), text);
  }
  await mkdir(path.join(folder, 'node_modules/@portal'), { recursive: true });
  const workspaces = Object.keys(files).filter((name) => /^(packages|services)\/[^/]+\/package\.json$/.test(name));
  for (const workspace of workspaces.map((name) => path.dirname(name))) {
    const link = path.join(folder, 'node_modules/@portal', path.basename(workspace));
    await symlink(path.join(folder, workspace), link);
  }
  const command = path.join(root, 'node_modules/.bin/depcruise');
  const config = path.join(root, '.dependency-cruiser.cjs');
  const args = [command, '--config', config, '--output-type', 'json', 'packages', 'services'];
  // It exits with the number of violations.
  const failed = (error: unknown): { stdout: string; stderr: string } => error as { stdout: string; stderr: string };
  const { stdout, stderr } = await run(process.execPath, args, { cwd: folder, maxBuffer: 50_000_000 }).catch(failed);
  if (stdout === '') throw new Error(stderr);
  const { summary } = JSON.parse(stdout) as { summary: { violations: { rule: { name: string }; from: string }[] } };
  return new Set(summary.violations.map(({ rule, from }) => `${rule.name} ${from}`));
}

test('the layers of a good tree are found to be good', async () => {
  expect(await violations(good)).toEqual(new Set());
});

describe('in a tree with a mistake of every kind', () => {
  let found = new Set<string>();
  beforeAll(async () => {
    const files: Record<string, string> = { ...good };
    for (const [, file, line, more = {}] of planted)
      Object.assign(files, more, { [file]: `${line}\n${files[file] ?? ''}` });
    found = await violations(files);
  });

  test.each(planted)('%s is caught in %s', (rule, file) => {
    expect(good[file]).toBeDefined();
    expect(found).toContain(`${rule} ${file}`);
  });
});

test('every rule has its planted violation', async () => {
  const config = (await import(`${root}.dependency-cruiser.cjs`)) as { default: { forbidden: { name: string }[] } };
  const names = config.default.forbidden.map((rule) => rule.name);
  expect(planted.map(([rule]) => rule).sort()).toEqual(names.sort());
});
