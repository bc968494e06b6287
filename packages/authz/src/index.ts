export { createAuthz, unitNotFound } from './authz.ts';
export type { Authz } from './authz.ts';
export { createServiceAuthz } from './service-authz.ts';
export type { ServiceAuthz, ServiceAuthzInit } from './service-authz.ts';
export { createAuthzTables } from './tables.ts';
export type { AuthzTables, GrantState, RevokedSession, Role, UnitState } from './tables.ts';
export { createTokenVerifier } from './token-verifier.ts';
export type { TokenVerifier, VerifiedToken } from './token-verifier.ts';
