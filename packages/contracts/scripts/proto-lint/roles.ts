import type protobuf from 'protobufjs';
import { listOf, optionsOf } from '../../src/options.ts';
import type { Report } from './report.ts';

/** An enum of roles has one rule for every value but zero; the rules name no other role. */
export function checkRoles(enumeration: protobuf.Enum, report: Report): void {
  const rules = optionsOf(enumeration, 'portal.options.v1.role');
  if (rules.length === 0) return;
  const roles = Object.keys(enumeration.values).filter((name) => enumeration.values[name] !== 0);
  const named = rules.map((rule) => String(rule.name));
  for (const role of roles) {
    const count = named.filter((name) => name === role).length;
    if (count !== 1) report(enumeration, `${role} has ${count} rules`);
  }
  for (const rule of rules) {
    const mentioned = [String(rule.name), ...listOf<string>(rule.may_grant), ...listOf<string>(rule.may_take)];
    for (const name of mentioned) if (!roles.includes(name)) report(enumeration, `${name} is no role`);
    if (listOf(rule.permissions).length === 0) report(enumeration, `${String(rule.name)} may do nothing`);
    if (typeof rule.realm_role !== 'string') report(enumeration, `${String(rule.name)} has no realm_role`);
  }
}
