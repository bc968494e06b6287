export { portsOf, type Ports } from './ports.ts';
export { loadSecrets, type Secrets } from './secrets.ts';
export { freeBasePort, startStack, testStackDir, type Stack, type StackProcess } from './stack.ts';
export { createKeycloakAdmin, type KeycloakAdmin } from './keycloak-admin.ts';
export { createPerson } from './keycloak-people.ts';
export { createSessionStore, type SessionStore } from './keycloak-sessions.ts';
export { claimsOf, refreshSession, signInWithForms, SignInError, totpCodeOf, totpStepAt } from './keycloak-sign-in.ts';
export type { Session, SignInClient } from './keycloak-sign-in.ts';
export { rootAdmin } from './keycloak.ts';
