import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  refreshSession,
  SignInError,
  signInWithForms,
  totpCodeOf,
  totpStepAt,
  totpStepStart,
} from './keycloak-sign-in.ts';
import type { Session, SignInClient } from './keycloak-sign-in.ts';
import { withLock } from './lock.ts';

export interface SignInPerson {
  username: string;
  password: string;
  totpKey?: string;
}

export interface SessionStore {
  /** The person's kept session with fresh tokens; a new one where there is none or it has ended. */
  sessionOf(person: SignInPerson): Promise<Session>;
  /** One more session, not kept. */
  openSession(person: SignInPerson): Promise<Session>;
}

/** Fewer than the failures that lock an account. */
const maxAttempts = 3;
const busyMs = 1_000;

interface Kept {
  session?: Session;
  /** Steps whose code was used: Keycloak takes each code once. */
  usedSteps: number[];
}

/**
 * Sessions of people, kept in a folder and shared by processes. One code of the second factor serves one login, so
 * signing in anew for every token would take half a minute each; a kept session is refreshed instead.
 */
export function createSessionStore(dir: string, client: SignInClient): SessionStore {
  async function withKept<T>(person: SignInPerson, work: (kept: Kept) => Promise<T>): Promise<T> {
    await mkdir(dir, { recursive: true, mode: 0o700 });
    // Another issuer or another password is another person.
    const key = createHash('sha256')
      .update(JSON.stringify([client.issuer, person]))
      .digest('hex')
      .slice(0, 16);
    const file = join(dir, `${person.username}-${key}.json`);
    return withLock(
      `${file}.lock`,
      () => undefined,
      async () => {
        const kept = await readKept(file);
        try {
          return await work(kept);
        } finally {
          await writeFile(`${file}.new`, JSON.stringify(kept), { mode: 0o600 });
          await rename(`${file}.new`, file);
        }
      },
    );
  }

  const open = (person: SignInPerson, kept: Kept): Promise<Session> => {
    const { username, password, totpKey } = person;
    const code = totpKey === undefined ? undefined : async () => totpCodeOf(totpKey, await takeStep(kept));
    return unlessBusy(() => signInWithForms(client, username, password, code));
  };

  return {
    sessionOf: (person) =>
      withKept(person, async (kept) => {
        const running = kept.session && (await refreshSession(client, kept.session.refreshToken));
        kept.session = running ?? (await open(person, kept));
        return kept.session;
      }),
    openSession: (person) => withKept(person, (kept) => open(person, kept)),
  };
}

/**
 * Keycloak takes one login of a person at a time and refuses the next until it has noted how the one before went, which
 * it does in background. The passwords here are known to be right, so being refused means just that.
 */
async function unlessBusy<T>(signIn: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await signIn();
    } catch (error) {
      if (!(error instanceof SignInError) || error.reason !== 'REFUSED' || attempt === maxAttempts) throw error;
    }
    await sleep(busyMs);
  }
}

/** Keycloak takes the codes of the last, the present and the next step, each once: up to three logins at once. */
async function takeStep(kept: Kept): Promise<number> {
  for (;;) {
    const now = totpStepAt(Date.now());
    const used = kept.usedSteps.filter((step) => step >= now - 1);
    // The last step is left out: it may run out on the way.
    const free = [now, now + 1].find((step) => !used.includes(step));
    if (free !== undefined) {
      kept.usedSteps = [...used, free];
      return free;
    }
    await sleep(totpStepStart(now + 1) - Date.now() + 50);
  }
}

async function readKept(file: string): Promise<Kept> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as Kept;
  } catch {
    // None yet, or damaged: signing in anew is all it costs.
    return { usedSteps: [] };
  }
}
