import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createSessionStore } from './keycloak-sessions.ts';
import type { SessionStore } from './keycloak-sessions.ts';
import type { SignInClient } from './keycloak-sign-in.ts';
import { devDir, stackPaths } from './paths.ts';
import { demoPeople, demoSignIn } from './people.ts';
import { basePortFromEnv, portsOf } from './ports.ts';
import type { Ports } from './ports.ts';
import { loadSecrets } from './secrets.ts';
import type { Secrets } from './secrets.ts';
import { urlsOf } from './urls.ts';

/** The gateway's own client, as the realm of this stack knows it. */
export function gatewayClient(ports: Ports, secrets: Secrets): SignInClient {
  const { issuer, admin } = urlsOf(ports);
  return {
    issuer,
    clientId: 'portal-gateway',
    clientSecret: secrets.gatewayClientSecret,
    redirectUri: `${admin}/auth/callback`,
  };
}

/**
 * Signs demo people of the stack in `dir` in, with their second factor. The returned function gives an access token
 * that is good for five minutes; it throws Error naming the known people when it does not know one.
 */
export function createDemoTokens(dir: string, ports: Ports): (username: string) => Promise<string> {
  let opened: { secrets: Secrets; sessions: SessionStore } | undefined;
  const open = () => {
    if (!existsSync(stackPaths(dir).secrets)) throw new Error(notRunning);
    const secrets = loadSecrets(dir);
    return { secrets, sessions: createSessionStore(join(dir, 'sessions'), gatewayClient(ports, secrets)) };
  };
  return async (username) => {
    if (!demoPeople.some((person) => person.username === username)) throw new Error(unknownPerson(username));
    const { secrets, sessions } = (opened ??= open());
    return (await sessions.sessionOf(demoSignIn(secrets, username))).accessToken;
  };
}

const notRunning = 'Keycloak is not running: make up';

function unknownPerson(username: string): string {
  const known = demoPeople.map((person) => `  ${person.username.padEnd(24)}${person.task}`).join('\n');
  const what = username === '' ? 'say whose token: make token AS=operator' : `no demo person is called ${username}`;
  return `${what}\nThe demo people are\n${known}`;
}

/** `make token AS=<demo person>`: the token alone on standard output, so that a shell can take it over. */
async function main(): Promise<void> {
  try {
    const tokenOf = createDemoTokens(devDir, portsOf(basePortFromEnv()));
    process.stdout.write(`${await tokenOf(process.argv[2] ?? '')}\n`);
  } catch (error) {
    const { message, cause } = error as Error;
    const refused = (cause as NodeJS.ErrnoException | undefined)?.code === 'ECONNREFUSED';
    process.stderr.write(`${refused ? notRunning : message}\n`);
    process.exitCode = 1;
  }
}

// No top-level await: jest loads this package by require().
if (import.meta.main) void main();
