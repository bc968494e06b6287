import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadSecrets } from '../secrets.ts';

let dir: string;
beforeEach(() => (dir = mkdtempSync(join(tmpdir(), 'portal-secrets-'))));
afterEach(() => rmSync(dir, { recursive: true }));

test('secrets are made once, are all different, and only their owner may read them', () => {
  const first = loadSecrets(dir);
  expect(loadSecrets(dir)).toEqual(first);
  expect(new Set(Object.values(first)).size).toBe(Object.values(first).length);
  expect(statSync(join(dir, 'secrets.json')).mode & 0o777).toBe(0o600);
});

test('another stack has other secrets', () => {
  const other = mkdtempSync(join(dir, 'other-'));
  expect(loadSecrets(other).keycloakAdminPassword).not.toBe(loadSecrets(dir).keycloakAdminPassword);
});

test('a secret that an older file lacks is added and the others stay', () => {
  const { demoPassword, ...older } = loadSecrets(dir);
  writeFileSync(join(dir, 'secrets.json'), JSON.stringify(older));
  const now = loadSecrets(dir);
  expect(now).toMatchObject(older);
  expect(now.demoPassword).not.toBe(demoPassword);
});

test('a damaged file is an error and stays as it is', () => {
  writeFileSync(join(dir, 'secrets.json'), '{"keycloak');
  expect(() => loadSecrets(dir)).toThrow();
  expect(readFileSync(join(dir, 'secrets.json'), 'utf8')).toBe('{"keycloak');
});
