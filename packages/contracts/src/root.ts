import { existsSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import protobuf from 'protobufjs';
import { loaderOptions } from './loader-options.ts';
import './timestamp.ts';

const require = createRequire(import.meta.url);
const folderOf = (packageName: string): string => path.dirname(require.resolve(`${packageName}/package.json`));

export const protoDirectory = fileURLToPath(new URL('../../../proto', import.meta.url));

/** Where imports are looked for, after a root's own folder: google/api and google/protobuf, google/type and google/rpc. */
export const importDirectories: readonly string[] = [folderOf('protobufjs'), folderOf('google-proto-files')];

/** What an error carries over gRPC: no file of ours imports it. */
const errorDetails = ['google/rpc/status.proto', 'google/rpc/error_details.proto'];

/** Paths of all .proto files under a folder, relative to it, in a stable order. */
export function protoFilesIn(directory: string): string[] {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.proto'))
    .map((name) => name.split(path.sep).join('/'))
    .sort();
}

export interface LoadOptions {
  /** More folders to look for imports in. */
  imports?: readonly string[];
  /** Keep the field names of the .proto files. */
  keepCase?: boolean;
}

/**
 * Parses every .proto file under a folder into one Root that keeps comments and custom options.
 * Throws what protobufjs throws on a syntax error and an Error naming an import that cannot be found.
 */
export function loadRoot(directory: string, options: LoadOptions = {}): protobuf.Root {
  const { imports = [], keepCase = loaderOptions.keepCase } = options;
  const root = new protobuf.Root();
  root.resolvePath = (origin, target) => {
    if (path.isAbsolute(target)) return target;
    const places = [directory, ...imports, ...importDirectories].map((folder) => path.join(folder, target));
    const found = places.find((place) => existsSync(place));
    if (found === undefined) throw new Error(`${target}, imported by ${origin}, is in none of the proto folders`);
    return found;
  };
  root.loadSync([...protoFilesIn(directory), ...errorDetails], { keepCase, alternateCommentMode: true });
  root.resolveAll();
  return root;
}

let shared: protobuf.Root | undefined;

/** The Root of proto/, parsed once per process. */
export function protoRoot(): protobuf.Root {
  return (shared ??= loadRoot(protoDirectory));
}
