import { alreadyExists, invalidArgument } from '@portal/errors';
import type { AppError } from '@portal/errors';

/** A host name and the unit that it leads to. */
export interface DomainBinding {
  /** Lower case, without port and trailing dot; also the binding's id. */
  readonly host: string;
  readonly unitId: string;
  /** The one host of the unit that its other hosts redirect to. */
  readonly canonical: boolean;
  readonly createTime: Date;
  /** Number of this state: 1 for the first, one more with every decision. */
  readonly version: number;
}

export type DomainBindingFact = 'bound';

export interface DomainBindingDecision {
  readonly binding: DomainBinding;
  readonly facts: readonly DomainBindingFact[];
}

export interface BindHost {
  readonly host: string;
  readonly unitId: string;
}

/** What is known when a host is asked for. */
export interface HostsBefore {
  /** Who has the host already. */
  readonly holder: DomainBinding | undefined;
  readonly ofUnit: readonly DomainBinding[];
}

/** First labels that belong to the platform itself or that people would take for it. */
const reservedLabels: ReadonlySet<string> = new Set([
  'admin',
  'api',
  'csdl',
  'dangnhap',
  'mail',
  'quantri',
  'sso',
  'static',
  'thi',
  'www',
]);

/**
 * Throws ALREADY_EXISTS `HOST_TAKEN`, whoever holds it: a host is never given twice. INVALID_ARGUMENT `HOST_RESERVED`
 * for a label of the platform, `HOST_NUMERIC` for an address or a label that is only a number.
 */
export function bindHost(
  { host, unitId }: BindHost,
  { holder, ofUnit }: HostsBefore,
  now: Date,
): DomainBindingDecision {
  const labels = host.split('.');
  if (reservedLabels.has(labels[0] ?? '')) throw refused('HOST_RESERVED', host);
  // Browsers read a host that ends in a number as an IPv4 address (WHATWG URL, "ends in a number").
  if (isNumber(labels.at(0)) || isNumber(labels.at(-1))) throw refused('HOST_NUMERIC', host);
  if (holder !== undefined) throw hostTaken(host);
  const canonical = !ofUnit.some((binding) => binding.canonical);
  return { binding: { host, unitId, canonical, createTime: now, version: 1 }, facts: ['bound'] };
}

export function hostTaken(host: string): AppError {
  return alreadyExists('HOST_TAKEN', { message: `host ${host} is taken`, metadata: { host } });
}

function isNumber(label: string | undefined): boolean {
  return /^\d+$/.test(label ?? '');
}

function refused(reason: string, host: string): AppError {
  const description = `${host} cannot be given to a unit`;
  return invalidArgument(reason, { metadata: { host }, violations: [{ field: 'host', reason, description }] });
}
