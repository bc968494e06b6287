import type { Handlers } from '@portal/contracts';
import type { TenantServiceDefinition } from '@portal/contracts/tenant/v1/TenantService';
import type { Store } from '@portal/events';
import { authorOf } from '@portal/runtime';
import type { CallContext, Clock } from '@portal/runtime';
import { domainBindingMessage } from '../events.ts';
import type { TenantMetrics } from '../metrics.ts';
import { getUnit } from '../unit/grpc.ts';
import type { UnitStore } from '../unit/store.ts';
import { bindHost } from './domain.ts';
import { explainLostRace } from './store.ts';
import type { DomainBindingStore } from './store.ts';

interface DomainBindingDeps {
  units: UnitStore;
  bindings: DomainBindingStore;
  commit: Store['commit'];
  clock: Clock;
  metrics: TenantMetrics;
}

type DomainBindingHandlers = Pick<Handlers<TenantServiceDefinition, CallContext>, 'bindHost' | 'listHosts'>;

export function createDomainBindingHandlers(deps: DomainBindingDeps): DomainBindingHandlers {
  const { units, bindings, commit, clock, metrics } = deps;
  return {
    async bindHost({ unitId, host }, call) {
      await getUnit(units, unitId);
      const before = { holder: await bindings.find(host), ofUnit: await bindings.listOfUnit(unitId) };
      const bound = bindHost({ unitId, host }, before, clock.now());
      try {
        await commit([bindings.change(bound)], authorOf(call));
      } catch (error) {
        throw explainLostRace(error, bound.binding);
      }
      metrics.hostBound(call.log, bound.binding);
      return { domainBinding: domainBindingMessage(bound.binding) };
    },

    async listHosts({ unitId }) {
      await getUnit(units, unitId);
      const hosts = await bindings.listOfUnit(unitId);
      return { domainBindings: hosts.map(domainBindingMessage) };
    },
  };
}
