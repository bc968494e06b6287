import { setTimeout as wait } from 'node:timers/promises';
import { unitNotFound } from '@portal/authz';
import type { AuthzTables } from '@portal/authz';
import type { CallContext } from '@portal/runtime';

const pollMs = 20;
const waitMaxMs = 1000;

/**
 * Throws UNIT_NOT_FOUND. Units reach us some milliseconds after they were created, and who created one gives grants on
 * it at once: an unknown unit is waited for, at most a second. Only who covers every unit gets as far as this.
 */
export function createUnitCheck(units: AuthzTables['units']): (unitId: string, call: CallContext) => Promise<void> {
  return async (unitId, call) => {
    const limit = performance.now() + Math.min(waitMaxMs, call.deadlineMs() / 2);
    while (unitId !== '' && units.get(unitId) === undefined) {
      if (performance.now() > limit || call.signal.aborted) throw unitNotFound(unitId);
      await wait(pollMs);
    }
  };
}
