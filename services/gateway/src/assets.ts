import { createHash } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { securityHeaders } from './http/security-headers.ts';

export interface Asset {
  body: Buffer;
  gzip: Buffer;
  headers: readonly string[];
  gzipHeaders: readonly string[];
}

export interface Assets {
  /** Path with the hash of the content, `/assets/site.3f9c….css`. Throws an Error for a file that does not exist. */
  pathOf(file: string): string;
  /** The asset of a path; one with another hash is of another release and comes with a short life. */
  find(path: string): Asset | undefined;
}

const types: Readonly<Record<string, string>> = { '.css': 'text/css; charset=utf-8', '.svg': 'image/svg+xml' };
const assetPath = /^\/assets\/([a-z-]+)\.[\w-]{1,64}(\.[a-z]+)$/;

/** The files that pages link, read once: they are few and small. */
export function loadAssets(folder = fileURLToPath(new URL('./assets', import.meta.url))): Assets {
  const paths = new Map<string, string>();
  const current = new Map<string, Asset>();
  const latest = new Map<string, Asset>();
  for (const file of readdirSync(folder)) {
    const extension = extname(file);
    const type = types[extension];
    if (type === undefined) throw new Error(`${file} is of no type that pages link`);
    const body = readFileSync(join(folder, file));
    const hash = createHash('sha256').update(body).digest('hex').slice(0, 16);
    const path = `/assets/${file.slice(0, -extension.length)}.${hash}${extension}`;
    paths.set(file, path);
    current.set(path, pack(body, type, 'public, max-age=31536000, immutable'));
    latest.set(file, pack(body, type, 'public, max-age=60'));
  }
  return {
    pathOf(file) {
      const path = paths.get(file);
      if (path === undefined) throw new Error(`no asset ${file}`);
      return path;
    },
    find(path) {
      const [, name = '', extension = ''] = assetPath.exec(path) ?? [];
      // Pages kept from before an upgrade link the files of their time: today's clothes fit them better than none.
      return current.get(path) ?? latest.get(name + extension);
    },
  };
}

function pack(body: Buffer, type: string, cacheControl: string): Asset {
  const gzip = gzipSync(body, { level: 9 });
  const shared = [...securityHeaders, 'content-type', type, 'cache-control', cacheControl, 'vary', 'accept-encoding'];
  return {
    ...{ body, gzip },
    headers: [...shared, 'content-length', String(body.length)],
    gzipHeaders: [...shared, 'content-encoding', 'gzip', 'content-length', String(gzip.length)],
  };
}
