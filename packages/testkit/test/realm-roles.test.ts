import { roleRules } from '@portal/contracts';
import { keycloakAdmin } from '../src/index.ts';

test.each([...roleRules()].filter(([, rule]) => rule.realmRole !== ''))(
  '%s has its realm role, which asks for a second factor exactly when the contract does',
  async (_, { realmRole, secondFactor }) => {
    const parts = await keycloakAdmin().get<Array<{ name: string }>>(`/roles/${realmRole}/composites`);
    expect(parts.some(({ name }) => name === 'mfa-required')).toBe(secondFactor);
  },
);
