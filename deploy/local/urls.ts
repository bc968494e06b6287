import type { Ports } from './ports.ts';

/** The city's root domain of the development stack; every site lives below it. */
export const rootDomain = 'hcm.localhost';

/** Where a stack's parts are found. Each is spelled one way everywhere: tokens carry the issuer as text. */
export function urlsOf(ports: Pick<Ports, 'base' | 'keycloak'>) {
  const keycloak = `http://localhost:${ports.keycloak}`;
  return {
    keycloak,
    issuer: `${keycloak}/realms/portal`,
    /** Editing, administration and REST API, as browsers and other systems address them. */
    admin: `http://quantri.${rootDomain}:${ports.base}`,
    /** The gateway from this machine; the site is told by the Host header. */
    gateway: `http://127.0.0.1:${ports.base}`,
  };
}
