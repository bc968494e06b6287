import { identityContract } from '@portal/contracts';
import type { CallOptions, Clock, Service } from '@portal/runtime';
import {
  createPerson,
  eventually,
  serviceConfig,
  signIn,
  silentLogger,
  startService,
  testSecrets,
} from '@portal/testkit';
import type { EventuallyOptions, RunningService, SignedIn, TestNames, TestPerson } from '@portal/testkit';
import type { IdentityConfig } from '../src/config.ts';
import { createIdentityService } from '../src/service.ts';

export type IdentityClient = ReturnType<typeof clientOf>;

export const clientOf = (running: RunningService) => running.client(identityContract);

export function identityConfig(names: TestNames, changes: Partial<IdentityConfig> = {}): IdentityConfig {
  const keycloakClientSecret = testSecrets().identityClientSecret;
  return { ...serviceConfig(names), keycloakClientId: 'identity-service', keycloakClientSecret, ...changes };
}

export function startIdentity(
  names: TestNames,
  changes: Partial<IdentityConfig> = {},
  clock?: Clock,
): Promise<RunningService> {
  const create = (config: IdentityConfig): Promise<Service> =>
    createIdentityService(config, { log: silentLogger, ...(clock && { clock }) });
  return startService(create, identityConfig(names, changes));
}

/** The wall clock, which tests may set forward: Keycloak and its tokens go on in real time. */
export function movableClock(): Clock & { advance(ms: number): void } {
  let aheadMs = 0;
  return {
    now: () => new Date(Date.now() + aheadMs),
    advance(ms) {
      aheadMs += ms;
    },
  };
}

/** Repeats expectations until none of them fails. */
export async function eventuallyPasses(expectations: () => Promise<void>, options?: EventuallyOptions): Promise<void> {
  await eventually(async () => {
    await expectations();
    return true;
  }, options);
}

export interface Person extends TestPerson, SignedIn {
  /** Calls as this person. */
  as: CallOptions;
}

export async function createSignedIn(options: { secondFactor?: boolean } = {}): Promise<Person> {
  const person = await createPerson(options);
  const signedIn = await signIn(person);
  return { ...person, ...signedIn, as: optionsOf(signedIn) };
}

export function optionsOf({ token }: SignedIn): CallOptions {
  return { token, timeoutMs: 10_000 };
}

export const department = 'd'.repeat(24);
export const school = 'a'.repeat(24);
export const otherSchool = 'b'.repeat(24);

/** One department over two schools. */
export const units = [
  { unitId: department, parentId: '' },
  { unitId: school, parentId: department },
  { unitId: otherSchool, parentId: department },
];
