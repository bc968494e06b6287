import type { ContentServiceDefinition } from '../gen/portal/content/v1/ContentService.ts';
import type { IdentityServiceDefinition } from '../gen/portal/identity/v1/IdentityService.ts';
import type { TenantServiceDefinition } from '../gen/portal/tenant/v1/TenantService.ts';
import { serviceContract } from './contract.ts';

export const tenantContract = serviceContract<TenantServiceDefinition>('portal.tenant.v1.TenantService');
export const identityContract = serviceContract<IdentityServiceDefinition>('portal.identity.v1.IdentityService');
export const contentContract = serviceContract<ContentServiceDefinition>('portal.content.v1.ContentService');
