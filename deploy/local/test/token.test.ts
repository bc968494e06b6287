import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { claimsOf } from '../keycloak-sign-in.ts';
import { demoPeople } from '../people.ts';
import { portsOf } from '../ports.ts';
import { createDemoTokens } from '../token.ts';

const program = join(import.meta.dirname, '../token.ts');

function run(...args: string[]) {
  const env = { ...process.env, NODE_OPTIONS: '', PORTAL_BASE_PORT: '64000' };
  return spawnSync(process.execPath, [program, ...args], { encoding: 'utf8', env });
}

test.each([
  [['nobody'], 'no demo person is called nobody'],
  [[], 'make token AS=operator'],
])('make token with %j says whose token it can print', (args, reason) => {
  const { status, stdout, stderr } = run(...args);
  expect(status).toBe(1);
  expect(stdout).toBe('');
  expect(stderr).toContain(reason);
  for (const { username } of demoPeople) expect(stderr).toContain(username);
});

test('make token without servers says how to start them', () => {
  expect(run('operator')).toMatchObject({ status: 1, stdout: '', stderr: 'Keycloak is not running: make up\n' });
});

test('every demo person has a token with a second factor', async () => {
  const ports = portsOf(Number(new URL(process.env['KEYCLOAK_URL'] ?? '').port) - 100);
  const tokenOf = createDemoTokens(dirname(process.env['PORTAL_TEST_SECRETS'] ?? ''), ports);
  for (const { username } of demoPeople) {
    expect(claimsOf(await tokenOf(username))).toMatchObject({ preferred_username: username, amr: ['pwd', 'otp'] });
  }
  await expect(tokenOf('nobody')).rejects.toThrow('no demo person is called nobody');
});

test('names of demo people are written as Vietnamese names are, in one form', () => {
  for (const { familyAndMiddleName, givenName, task } of demoPeople) {
    const text = `${familyAndMiddleName} ${givenName} ${task}`;
    expect(text).toBe(text.normalize('NFC'));
    expect(givenName).not.toContain(' ');
  }
  expect(readFileSync(join(import.meta.dirname, '../seed-data.ts'), 'utf8')).not.toMatch(/[\u0300-\u036f]/);
});
