import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

/** Node refuses .tsx, so the views, and only they, are compiled: src/views → build/views.js. */
await build({
  entryPoints: [fileURLToPath(new URL('../src/views/index.tsx', import.meta.url))],
  outfile: fileURLToPath(new URL('../build/views.js', import.meta.url)),
  bundle: true,
  packages: 'external',
  platform: 'node',
  target: 'node24',
  format: 'esm',
  jsx: 'automatic',
  jsxImportSource: 'preact',
  sourcemap: 'inline',
  logLevel: 'warning',
});
