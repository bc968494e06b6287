import { etagOf, toJson } from '@portal/contracts';
import type { Grant as GrantMessage } from '@portal/contracts/identity/v1/Grant';
import type { Fact } from '@portal/events';
import type { Grant, GrantDecision, GrantFact } from './grant/domain.ts';
import type { RevocationDecision, RevocationFact } from './session/domain.ts';

/** What each fact is called once it is published. After the last of an aggregate comes a tombstone. */
const grantTypes: Record<GrantFact, { type: string; tombstone?: true }> = {
  given: { type: 'portal.identity.grant.given.v1' },
  taken: { type: 'portal.identity.grant.taken.v1', tombstone: true },
};
const sessionTypes: Record<RevocationFact, { type: string; tombstone?: true }> = {
  revoked: { type: 'portal.identity.session.revoked.v1' },
  expired: { type: 'portal.identity.session.expired.v1', tombstone: true },
};

export function grantEvents({ grant, facts }: GrantDecision): Fact[] {
  const taken = facts.includes('taken');
  const data = toJson('portal.identity.v1.GrantEvent', { grant: grantMessage(grant), taken });
  return facts.map((fact) => ({ ...grantTypes[fact], data }));
}

export function sessionEvents({ revocation, facts }: RevocationDecision): Fact[] {
  const { sessionId, personId, until } = revocation;
  const data = toJson('portal.identity.v1.SessionEvent', { sessionId, personId, until });
  return facts.map((fact) => ({ ...sessionTypes[fact], data }));
}

/** The grant as the contract shows it, in events and answers alike. */
export function grantMessage({ version, givenBy: _, role, ...grant }: Grant): GrantMessage {
  return { ...grant, role: role as GrantMessage['role'], etag: etagOf(version) };
}
