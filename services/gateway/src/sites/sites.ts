import type { SiteTables, UnitState } from './tables.ts';

/** A site that a host leads to, as of this moment. */
export interface Site {
  /** The canonical host. */
  host: string;
  unit: UnitState;
  parent: UnitState | undefined;
  /** Canonical host of the parent's site where that is live. */
  parentHost: string | undefined;
  updatedAt: Date | undefined;
}

/** Where a host leads. */
type Destination =
  | { kind: 'admin' }
  | { kind: 'live' | 'draft'; site: Site }
  /** Another name of a unit whose canonical host it is. */
  | { kind: 'alias'; canonicalHost: string }
  | { kind: 'unknown' };

export interface Sites {
  /** Of a host in lower case without port. */
  resolve(host: string): Destination;
}

const admin: Destination = { kind: 'admin' };
const unknown: Destination = { kind: 'unknown' };

/** Host names and where they lead, from the tables as they are at each question. */
export function createSites(tables: SiteTables, adminHost: string): Sites {
  const { bindings, sites, units } = tables;
  // Answers are kept until any table changes: thousands of questions come between two changes.
  const answers = new Map<string, Destination>();
  let canonicalHosts: Map<string, string> | undefined;
  const forget = (): void => answers.clear();
  sites.onChange(forget);
  units.onChange(forget);
  bindings.onChange(() => {
    forget();
    canonicalHosts = undefined;
  });

  function canonicalHostOf(unitId: string): string | undefined {
    canonicalHosts ??= new Map(
      [...bindings.values()].filter((binding) => binding.canonical).map((binding) => [binding.unitId, binding.host]),
    );
    return canonicalHosts.get(unitId);
  }

  function look(host: string): Destination {
    const binding = bindings.get(host);
    // A unit comes through another topic than its host and may be a moment later.
    const unit = binding && units.get(binding.unitId);
    if (unit === undefined) return unknown;
    const canonicalHost = canonicalHostOf(unit.unitId) ?? host;
    if (canonicalHost !== host) return { kind: 'alias', canonicalHost };
    const record = sites.get(unit.unitId);
    const isParentLive = sites.get(unit.parentId)?.live === true;
    const site = {
      host,
      unit,
      parent: units.get(unit.parentId),
      parentHost: isParentLive ? canonicalHostOf(unit.parentId) : undefined,
      updatedAt: record?.updateTime ?? undefined,
    };
    return { kind: record?.live === true ? 'live' : 'draft', site };
  }

  return {
    resolve(host) {
      if (host === adminHost) return admin;
      let answer = answers.get(host);
      if (answer === undefined) {
        answer = look(host);
        // Unknown hosts are without number.
        if (answer !== unknown) answers.set(host, answer);
      }
      return answer;
    },
  };
}
