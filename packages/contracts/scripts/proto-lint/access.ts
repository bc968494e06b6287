import type protobuf from 'protobufjs';
import { listOf, optionsOf } from '../../src/options.ts';
import type { Report } from './report.ts';

export function checkAccess(rpc: protobuf.Method, report: Report): void {
  const rules = optionsOf(rpc, 'portal.options.v1.access');
  const [rule] = rules;
  if (rule === undefined || rules.length > 1) {
    report(rpc, 'needs one (portal.options.v1.access)');
    return;
  }
  const { public: isPublic, signed_in: signedIn, permission, unit_field: unitField, callers } = rule;
  const ways = [isPublic === true, signedIn === true, typeof permission === 'string' && permission !== ''];
  if (ways.filter(Boolean).length !== 1) report(rpc, 'needs exactly one of public, signed_in, permission');
  if (typeof permission === 'string') {
    const [, service = ''] = /\.([a-z]+)\.v\d+\.\w+\.\w+$/.exec(rpc.fullName) ?? [];
    if (!/^[a-z]+(?:\.[a-z-]+){2}$/.test(permission) || !permission.startsWith(`${service}.`)) {
      report(rpc, `permission must be ${service}.<what>.<action>`);
    }
    if (unitField === undefined) report(rpc, 'a permission needs the unit_field it is asked for');
  }
  if (unitField !== undefined) {
    const fields = rpc.resolvedRequestType?.fields ?? {};
    const name = typeof unitField === 'string' ? unitField : JSON.stringify(unitField);
    const field = Object.hasOwn(fields, name) ? fields[name] : undefined;
    if (field?.type !== 'string' || field.repeated) report(rpc, `unit_field ${name} must be a string of the request`);
  }
  for (const caller of listOf<unknown>(callers)) {
    if (!/^[a-z]+$/.test(String(caller))) report(rpc, `caller ${String(caller)} must be the name of a service`);
  }
}
