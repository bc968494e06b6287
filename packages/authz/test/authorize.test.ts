import { contentContract, identityContract } from '@portal/contracts';
import type { AccessRule, Rpc } from '@portal/contracts';
import { AppError, unauthenticated } from '@portal/errors';
import { createLogger } from '@portal/runtime';
import type { Actor, UnauthenticatedCall } from '@portal/runtime';
import type { TokenVerifier } from '../src/index.ts';
import { createWorld, now } from './_world.ts';
import type { World } from './_world.ts';

const log = createLogger({ service: 'test', level: 'fatal' });

/** Reads tokens of the form `<person>/<session>/<factor>`: signatures have their own tests. */
const verifier: TokenVerifier = {
  verify: (token) => {
    const [personId, sessionId, factor] = token.split('/');
    if (!personId || !sessionId) return Promise.reject(unauthenticated('TOKEN_INVALID'));
    return Promise.resolve({ personId, username: personId, sessionId, secondFactor: factor === 'otp', expiresAt: now });
  },
};

function call(changes: Partial<UnauthenticatedCall> = {}): UnauthenticatedCall {
  const { signal } = new AbortController();
  return { requestId: 'r', deadlineMs: () => 1000, signal, caller: 'gateway', token: '', log, ...changes };
}

function rpcWith(access: Partial<AccessRule>): Rpc {
  const [rpc] = contentContract.rpcs;
  if (rpc === undefined) throw new Error('no rpc');
  return { ...rpc, access: { callers: [], ...access } };
}

function rpcOf(contract: { rpcs: readonly Rpc[] }, name: string): Rpc {
  const rpc = contract.rpcs.find((candidate) => candidate.name === name);
  if (rpc === undefined) throw new Error(`no rpc ${name}`);
  return rpc;
}

async function outcome(authorized: Promise<Actor>): Promise<string> {
  try {
    const actor = await authorized;
    return actor.kind === 'person'
      ? `person ${actor.personId}`
      : actor.kind === 'service'
        ? `service ${actor.name}`
        : actor.kind;
  } catch (error) {
    return error instanceof AppError ? `${error.kind} ${error.reason}` : String(error);
  }
}

let world: World;
beforeEach(() => {
  world = createWorld({ verifier });
  world.unit('u', '');
  world.give({ personId: 'an', role: 'ROLE_EDITOR', unitId: 'u' });
  world.give({ personId: 'admin', role: 'ROLE_ROOT_ADMIN', unitId: 'u' });
});

const authorize = (rpc: Rpc, request: Record<string, unknown>, changes: Partial<UnauthenticatedCall> = {}) =>
  outcome(world.authz.authorize(rpc, request, call(changes)));

test.each<[string, Partial<AccessRule>, Partial<UnauthenticatedCall>, string]>([
  ['public: nobody signed in', { public: true }, {}, 'anonymous'],
  ['public: who is signed in is known', { public: true }, { token: 'an/s1' }, 'person an'],
  ['public: a bad token is not overlooked', { public: true }, { token: 'bad' }, 'UNAUTHENTICATED TOKEN_INVALID'],
  ['public with callers: the service acts as itself', { public: true, callers: ['gateway'] }, {}, 'service gateway'],
  [
    'callers: another service',
    { public: true, callers: ['gateway'] },
    { caller: 'content' },
    'PERMISSION_DENIED CALLER_NOT_ALLOWED',
  ],
  [
    'callers: nobody knows who',
    { public: true, callers: ['gateway'] },
    { caller: '' },
    'PERMISSION_DENIED CALLER_NOT_ALLOWED',
  ],
  [
    'callers: a token does not replace the caller',
    { public: true, callers: ['gateway'] },
    { caller: '', token: 'an/s1' },
    'PERMISSION_DENIED CALLER_NOT_ALLOWED',
  ],
  ['callers alone: the service', { callers: ['tenant', 'gateway'] }, {}, 'service gateway'],
  ['signed in: without token', { signedIn: true }, {}, 'UNAUTHENTICATED TOKEN_MISSING'],
  ['signed in: anybody with a token', { signedIn: true }, { token: 'stranger/s1' }, 'person stranger'],
  [
    'permission: without token',
    { permission: 'content.post.read', unitField: 'unitId' },
    {},
    'UNAUTHENTICATED TOKEN_MISSING',
  ],
  [
    'permission: a service is no person',
    { permission: 'content.post.read', unitField: 'unitId', callers: ['gateway'] },
    {},
    'UNAUTHENTICATED TOKEN_MISSING',
  ],
  ['permission: held', { permission: 'content.post.read', unitField: 'unitId' }, { token: 'an/s1' }, 'person an'],
  [
    'permission: not held',
    { permission: 'content.post.publish', unitField: 'unitId' },
    { token: 'an/s1' },
    'PERMISSION_DENIED PERMISSION_MISSING',
  ],
  [
    'permission: held by a stranger to the unit',
    { permission: 'content.post.read', unitField: 'unitId' },
    { token: 'x/s1' },
    'NOT_FOUND UNIT_NOT_FOUND',
  ],
  [
    'permission: without the second factor',
    { permission: 'content.post.publish', unitField: 'unitId' },
    { token: 'admin/s1' },
    'PERMISSION_DENIED SECOND_FACTOR_REQUIRED',
  ],
  [
    'permission: with it',
    { permission: 'content.post.publish', unitField: 'unitId' },
    { token: 'admin/s1/otp' },
    'person admin',
  ],
  [
    'permission without unit field: asked for on the platform',
    { permission: 'content.post.read' },
    { token: 'an/s1' },
    'PERMISSION_DENIED PERMISSION_MISSING',
  ],
  ['a rule that says nothing lets nobody in', {}, {}, 'INTERNAL ACCESS_RULE_MISSING'],
  [
    'a unit field that is not there lets nobody in',
    { permission: 'content.post.read', unitField: 'other' },
    { token: 'an/s1' },
    'INTERNAL ACCESS_RULE_MISSING',
  ],
])('%s', async (_name, access, changes, expected) => {
  expect(await authorize(rpcWith(access), { unitId: 'u' }, changes)).toBe(expected);
});

test('a revoked session is refused at once, whatever the person may do; another session of hers goes on', async () => {
  const rpc = rpcOf(contentContract, 'GetPost');
  expect(await authorize(rpc, { unitId: 'u' }, { token: 'an/s1' })).toBe('person an');
  world.revoke('s1');
  expect(await authorize(rpc, { unitId: 'u' }, { token: 'an/s1' })).toBe('UNAUTHENTICATED SESSION_REVOKED');
  expect(await authorize(rpc, { unitId: 'u' }, { token: 'an/s2' })).toBe('person an');
});

test('the unit is the one that the contract names, not another field of the request', async () => {
  const rpc = rpcOf(identityContract, 'GiveGrant');
  world.give({ personId: 'admin', role: 'ROLE_ROOT_ADMIN', unitId: 'v' });
  const token = 'admin/s1/otp';
  expect(await authorize(rpc, { unitId: 'v', parentId: 'w' }, { token })).toBe('person admin');
  expect(await authorize(rpc, { unitId: 'w', parentId: 'v' }, { token })).toBe('NOT_FOUND UNIT_NOT_FOUND');
});

test('before the tables were read nobody is told anything but to come again', async () => {
  let ready = false;
  world = createWorld({ verifier, ready: () => ready });
  world.unit('u', '');
  world.give({ personId: 'an', role: 'ROLE_EDITOR', unitId: 'u' });
  const rpc = rpcOf(contentContract, 'GetPost');
  expect(await authorize(rpc, { unitId: 'u' }, { token: 'an/s1' })).toBe('UNAVAILABLE NOT_READY');
  ready = true;
  expect(await authorize(rpc, { unitId: 'u' }, { token: 'an/s1' })).toBe('person an');
});

test('every rpc of the contracts that is not public asks for a token', async () => {
  for (const rpc of [...contentContract.rpcs, ...identityContract.rpcs]) {
    if (rpc.access.public === true) continue;
    expect(await authorize(rpc, { unitId: 'u' })).toBe('UNAUTHENTICATED TOKEN_MISSING');
  }
});
