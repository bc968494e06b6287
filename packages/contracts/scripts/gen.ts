// Generates the TypeScript types of proto/ into packages/contracts/gen. Does nothing when they are up to date.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { loaderOptions } from '../src/loader-options.ts';
import { importDirectories, protoDirectory, protoFilesIn } from '../src/root.ts';

const require = createRequire(import.meta.url);
const packageFolder = fileURLToPath(new URL('..', import.meta.url));
const generated = path.join(packageFolder, 'gen');
const stampFile = path.join(generated, '.stamp');
const loaderManifest = require.resolve('@grpc/proto-loader/package.json');

const files = protoFilesIn(protoDirectory);
const stamp = stampOf([
  fileURLToPath(import.meta.url),
  loaderManifest,
  ...files.map((file) => path.join(protoDirectory, file)),
]);
if (existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stamp) process.exit(0);

// Written aside and swapped in, so that a reader never meets half of it.
const fresh = path.join(packageFolder, 'build', `gen-${process.pid}`);
rmSync(fresh, { recursive: true, force: true });
mkdirSync(fresh, { recursive: true });
execFileSync(
  process.execPath,
  [
    path.join(path.dirname(loaderManifest), 'build/bin/proto-loader-gen-types.js'),
    ...flags(),
    `--outDir=${fresh}`,
    '--',
    ...files,
  ],
  { stdio: ['ignore', 'ignore', 'inherit'] },
);
// Summaries of files, descriptors and options: nobody needs their types, and some of them import each other.
for (const name of readdirSync(fresh, { recursive: true, encoding: 'utf8' })) {
  const isNeeded = /^portal\/(?!options\/)|^google\/(?:protobuf\/FieldMask|type\/Date)\.ts$/.test(name);
  if (name.endsWith('.ts') && !isNeeded) rmSync(path.join(fresh, name));
}
writeFileSync(
  path.join(fresh, 'google/protobuf/Timestamp.ts'),
  '// A google.protobuf.Timestamp is a Date (src/timestamp.ts).\nexport type TimestampInput = Date;\nexport type Timestamp = Date;\n',
);
writeFileSync(path.join(fresh, '.stamp'), stamp);
rmSync(generated, { recursive: true, force: true });
renameSync(fresh, generated);
console.log(`contracts: types of ${files.length} proto files generated`);

function flags(): string[] {
  const on: Record<'keepCase' | 'defaults' | 'oneofs', boolean> = loaderOptions;
  return [
    ...(on.keepCase ? ['--keepCase'] : []),
    `--longs=${loaderOptions.longs.name}`,
    `--enums=${loaderOptions.enums.name}`,
    ...(on.defaults ? ['--defaults'] : []),
    ...(on.oneofs ? ['--oneofs'] : []),
    '--grpcLib=@grpc/grpc-js',
    '--targetFileExtension=.ts',
    '--importFileExtension=.ts',
    '--includeComments',
    '--inputTemplate=%sInput',
    '--outputTemplate=%s',
    ...[protoDirectory, ...importDirectories].map((directory) => `--includeDirs=${directory}`),
  ];
}

function stampOf(inputs: readonly string[]): string {
  const hash = createHash('sha256').update(JSON.stringify(flags()));
  for (const input of inputs) hash.update(input).update('\0').update(readFileSync(input)).update('\0');
  return hash.digest('hex');
}
