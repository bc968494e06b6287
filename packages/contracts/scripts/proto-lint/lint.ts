import path from 'node:path';
import protobuf from 'protobufjs';
import { loadRoot } from '../../src/root.ts';
import { checkAccess } from './access.ts';
import { createHttpCheck } from './http.ts';
import { checkLimits } from './limits.ts';
import { checkEnum, checkMessage, checkRpc, checkService } from './names.ts';
import { checkOptions } from './options.ts';
import type { Report } from './report.ts';
import { checkRoles } from './roles.ts';

/**
 * The faults of every .proto file under a folder, each as `<file> <declaration>: <what is wrong>`, sorted.
 * Throws what the parser throws on a file that is no proto3.
 */
export function lintProtos(directory: string, imports: readonly string[] = []): string[] {
  const root = loadRoot(directory, { imports, keepCase: true });
  const faults: string[] = [];
  const report: Report = (at, text) => {
    faults.push(`${fileOf(at, directory) ?? ''} ${at.fullName.slice(1)}: ${text}`);
  };
  const checkHttp = createHttpCheck(report);
  for (const item of declarationsOf(root)) {
    const file = fileOf(item, directory);
    if (file === undefined) continue;
    checkFile(item, file, report);
    checkOptions(item, report);
    if (item instanceof protobuf.Type) checkMessage(item, report);
    else if (item instanceof protobuf.Enum) {
      checkEnum(item, report);
      checkRoles(item, report);
    } else if (item instanceof protobuf.Service) {
      checkService(item, report);
      for (const rpc of item.methodsArray) {
        rpc.resolve();
        checkOptions(rpc, report);
        checkRpc(rpc, report);
        checkAccess(rpc, report);
        checkHttp(rpc);
        if (rpc.resolvedRequestType) checkLimits(rpc.resolvedRequestType, report);
      }
    }
  }
  // A message that two requests hold is checked for both.
  return [...new Set(faults)].sort();
}

function declarationsOf(namespace: protobuf.NamespaceBase): protobuf.ReflectionObject[] {
  return namespace.nestedArray.flatMap((item) => [
    item,
    ...(item instanceof protobuf.Namespace || item instanceof protobuf.Type ? declarationsOf(item) : []),
  ]);
}

/** Path of the declaring file under the folder; undefined for what was imported from elsewhere. */
function fileOf(item: protobuf.ReflectionObject, directory: string): string | undefined {
  let owner: protobuf.ReflectionObject | null = item;
  while (owner !== null && !owner.filename) owner = owner.parent;
  const file = path
    .relative(directory, owner?.filename ?? path.dirname(directory))
    .split(path.sep)
    .join('/');
  return file.startsWith('..') ? undefined : file;
}

function checkFile(item: protobuf.ReflectionObject, file: string, report: Report): void {
  const isOutermost = !(item.parent instanceof protobuf.Type);
  const isDeclaration =
    item instanceof protobuf.Type || item instanceof protobuf.Enum || item instanceof protobuf.Service;
  if (!isOutermost || !isDeclaration) return;
  const [, service, name] = /^portal\/([a-z]+)\/v\d+\/([a-z_]+)\.proto$/.exec(file) ?? [];
  if (service === undefined || (name !== service && name !== `${service}_events`)) {
    report(item, 'belongs in portal/<service>/v<n>/<service>.proto or <service>_events.proto');
    return;
  }
  const wanted = `.${path.posix.dirname(file).replaceAll('/', '.')}`;
  if (item.parent?.fullName !== wanted) report(item, `must be in the package of its folder, ${wanted.slice(1)}`);
  if (name.endsWith('_events') && !(item instanceof protobuf.Type && item.name.endsWith('Event'))) {
    report(item, 'a file of events holds messages named <Aggregate>Event');
  }
}
