import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SignJWT, exportJWK, generateKeyPair } from 'jose';
import type { CryptoKey, JWK, JWTPayload } from 'jose';

export interface Issuer {
  issuer: string;
  /** Requests for the keys so far. */
  asked(): number;
  /** Public keys as published. */
  published(): JWK[];
  sign(claims: JWTPayload, header?: Record<string, unknown>): Promise<string>;
  /** From now on another key signs; the old one is withdrawn. */
  rotate(): Promise<void>;
  /** What the key endpoint answers from now on; undefined: the keys. */
  answer(body: string | undefined, status?: number): void;
  close(): Promise<void>;
}

/** An issuer that is nothing but keys: real signatures over real HTTP on loopback. */
export async function createIssuer(): Promise<Issuer> {
  let key: { privateKey: CryptoKey; jwk: JWK & { kid: string } };
  let fault: { body: string; status: number } | undefined;
  let asked = 0;
  let generation = 0;

  const rotate = async (): Promise<void> => {
    generation += 1;
    const { privateKey, publicKey } = await generateKeyPair('RS256');
    key = { privateKey, jwk: { ...(await exportJWK(publicKey)), kid: `key-${generation}`, use: 'sig', alg: 'RS256' } };
  };
  await rotate();

  const server = createServer((request, response) => {
    asked += 1;
    if (request.url !== '/realms/portal/protocol/openid-connect/certs') response.writeHead(404).end();
    else if (fault !== undefined) response.writeHead(fault.status).end(fault.body);
    else response.end(JSON.stringify({ keys: [key.jwk] }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}/realms/portal`;

  return {
    issuer,
    rotate,
    asked: () => asked,
    published: () => [key.jwk],
    sign: (claims, header = {}) =>
      new SignJWT(claims).setProtectedHeader({ alg: 'RS256', kid: key.jwk.kid, ...header }).sign(key.privateKey),
    answer(body, status = 200) {
      fault = body === undefined ? undefined : { body, status };
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
