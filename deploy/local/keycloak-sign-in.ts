import { createHash, createHmac, randomBytes } from 'node:crypto';

/** The confidential client that signs people in: authorization code with PKCE. */
export interface SignInClient {
  issuer: string;
  clientId: string;
  clientSecret: string;
  redirectUri: string;
}

export interface Session {
  accessToken: string;
  refreshToken: string;
  /** `sub` */
  personId: string;
  /** `sid` */
  sessionId: string;
}

/**
 * REFUSED: name or password wrong, or the account is locked (Keycloak does not say which). CODE_REFUSED: the second
 * factor's code. ENROL: the person must set a second factor up first. UNEXPECTED: a page this client does not know.
 */
export type SignInFailure = 'REFUSED' | 'CODE_REFUSED' | 'ENROL' | 'UNEXPECTED';

export class SignInError extends Error {
  readonly reason: SignInFailure;
  constructor(reason: SignInFailure, message: string) {
    super(message);
    this.name = 'SignInError';
    this.reason = reason;
  }
}

const timeoutMs = 20_000;
const maxRedirects = 10;

/**
 * Signs a person in the way a browser does: opens the login page, sends the password form and, where it is asked
 * for, the form of the second factor; then trades the code for tokens. `totpCode` is called only when asked for.
 * Throws SignInError.
 */
export async function signInWithForms(
  client: SignInClient,
  username: string,
  password: string,
  totpCode?: () => Promise<string>,
): Promise<Session> {
  const verifier = randomBytes(32).toString('base64url');
  const state = randomBytes(16).toString('base64url');
  const browser = createFormClient(client.redirectUri);
  let page = await browser.open(authorizationUrl(client, verifier, state));

  if (page.form !== 'kc-form-login') throw unexpected('the login form', page);
  page = await browser.submit(page, { username, password, credentialId: '' });
  if (page.form === 'kc-form-login') throw new SignInError('REFUSED', `${username} is refused: ${page.error}`);
  if (page.form === 'kc-totp-settings-form') {
    throw new SignInError('ENROL', `${username} must set up a second factor before signing in`);
  }
  if (page.form === 'kc-otp-login-form') {
    if (totpCode === undefined) throw new SignInError('CODE_REFUSED', `${username} needs a second factor`);
    page = await browser.submit(page, { otp: await totpCode() });
    if (page.form === 'kc-otp-login-form') {
      throw new SignInError('CODE_REFUSED', `the code of ${username} is refused: ${page.error}`);
    }
  }
  if (page.callback === undefined) throw unexpected('the way back to the portal', page);
  const answer = new URL(page.callback).searchParams;
  const code = answer.get('code');
  if (code === null || answer.get('state') !== state) {
    throw new SignInError('UNEXPECTED', `Keycloak answered ${answer.get('error') ?? 'without a code'}`);
  }
  return tokens(client, {
    grant_type: 'authorization_code',
    code,
    redirect_uri: client.redirectUri,
    code_verifier: verifier,
  });
}

/** New tokens of a running session. Undefined where the session is over. */
export async function refreshSession(client: SignInClient, refreshToken: string): Promise<Session | undefined> {
  try {
    return await tokens(client, { grant_type: 'refresh_token', refresh_token: refreshToken });
  } catch (error) {
    if (error instanceof SignInError && error.reason === 'REFUSED') return undefined;
    throw error;
  }
}

const totpPeriodMs = 30_000;

/** Number of the 30-second step at an instant (RFC 6238). */
export function totpStepAt(timeMs: number): number {
  return Math.floor(timeMs / totpPeriodMs);
}

/** Start of a step, in ms since the epoch. */
export function totpStepStart(step: number): number {
  return step * totpPeriodMs;
}

/** Six digits of RFC 6238 with SHA-1; the key's characters are its bytes, as Keycloak has it. */
export function totpCodeOf(key: string, step: number): string {
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(step));
  const digest = createHmac('sha1', key).update(counter).digest();
  const offset = (digest.at(-1) ?? 0) & 0x0f;
  return String((digest.readUInt32BE(offset) & 0x7fff_ffff) % 1_000_000).padStart(6, '0');
}

function authorizationUrl(client: SignInClient, verifier: string, state: string): string {
  const url = new URL(`${client.issuer}/protocol/openid-connect/auth`);
  url.search = new URLSearchParams({
    response_type: 'code',
    client_id: client.clientId,
    redirect_uri: client.redirectUri,
    scope: 'openid',
    state,
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
  }).toString();
  return url.href;
}

async function tokens(client: SignInClient, grant: Record<string, string>): Promise<Session> {
  const response = await fetch(`${client.issuer}/protocol/openid-connect/token`, {
    method: 'POST',
    body: new URLSearchParams({ ...grant, client_id: client.clientId, client_secret: client.clientSecret }),
    signal: AbortSignal.timeout(timeoutMs),
  });
  const answer = (await response.json()) as Record<string, string>;
  if (!response.ok) {
    const reason = answer['error'] === 'invalid_grant' ? 'REFUSED' : 'UNEXPECTED';
    throw new SignInError(reason, `Keycloak gave no tokens: ${answer['error']} ${answer['error_description'] ?? ''}`);
  }
  const { access_token: accessToken = '', refresh_token: refreshToken = '' } = answer;
  const claims = claimsOf(accessToken);
  return { accessToken, refreshToken, personId: String(claims['sub']), sessionId: String(claims['sid']) };
}

/** What a token says, unverified. */
export function claimsOf(token: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as Record<string, unknown>;
}

interface Page {
  url: string;
  status: number;
  title: string;
  /** Id of the page's first form. */
  form: string | undefined;
  action: string | undefined;
  error: string;
  /** Set instead of all others when Keycloak sent the browser back to the portal. */
  callback: string | undefined;
}

/** A browser as small as it can be: cookies of one origin, redirects, forms. */
function createFormClient(redirectUri: string) {
  const cookies = new Map<string, string>();

  async function go(start: string, form?: Record<string, string>): Promise<Page> {
    let url = start;
    let body = form;
    for (let i = 0; i < maxRedirects; i += 1) {
      if (url.startsWith(redirectUri)) return { ...noPage, url, callback: url };
      const response = await fetch(url, {
        method: body === undefined ? 'GET' : 'POST',
        redirect: 'manual',
        headers: { cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; ') },
        body: body === undefined ? null : new URLSearchParams(body),
        signal: AbortSignal.timeout(timeoutMs),
      });
      for (const line of response.headers.getSetCookie()) keep(line);
      const location = response.headers.get('location');
      if (location === null) return readPage(url, response.status, await response.text());
      await response.body?.cancel();
      url = new URL(location, url).href;
      body = undefined;
    }
    throw new SignInError('UNEXPECTED', `more than ${maxRedirects} redirects from ${start}`);
  }

  function keep(line: string): void {
    const [pair = '', ...attributes] = line.split(';');
    const at = pair.indexOf('=');
    const name = pair.slice(0, at);
    const value = pair.slice(at + 1);
    if (value === '' || attributes.some((a) => /^\s*max-age=0$/i.test(a))) cookies.delete(name);
    else cookies.set(name, value);
  }

  return {
    open: (url: string) => go(url),
    submit(page: Page, form: Record<string, string>) {
      if (page.action === undefined) throw unexpected('a form', page);
      return go(page.action, form);
    },
  };
}

const noPage = { status: 302, title: '', form: undefined, action: undefined, error: '' };

function readPage(url: string, status: number, html: string): Page {
  const form = /<form\b[^>]*>/.exec(html)?.[0] ?? '';
  const action = /\baction="([^"]+)"/.exec(form)?.[1]?.replaceAll('&amp;', '&');
  // The message below a field, of an alert, or of the error page.
  const error = /(?:kc-feedback-text|alert__title|"instruction")[^>]*>\s*([^<]*[^<\s])\s*</.exec(html);
  return {
    url,
    status,
    title: /<title>\s*([^<]*?)\s*<\/title>/.exec(html)?.[1] ?? '',
    form: /\bid="([^"]+)"/.exec(form)?.[1],
    action: action === undefined ? undefined : new URL(action, url).href,
    error: error?.[1] ?? '',
    callback: undefined,
  };
}

function unexpected(wanted: string, page: Page): SignInError {
  const what = `${page.title} (${page.status}, form ${page.form ?? 'none'}) at ${page.url}`;
  return new SignInError('UNEXPECTED', `expected ${wanted}, got ${what} ${page.error}`);
}
