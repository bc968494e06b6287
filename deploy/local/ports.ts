/** One base port moves every port; the offsets are the layout. All listen on 127.0.0.1 only. */
const layout = {
  gateway: 0,
  gatewayMetrics: 1,
  tenant: 10,
  tenantMetrics: 11,
  identity: 12,
  identityMetrics: 13,
  content: 14,
  contentMetrics: 15,
  keycloak: 100,
  keycloakManagement: 101,
  kafka: 110,
  kafkaController: 111,
  mongo: 120,
} as const;

export type PortName = keyof typeof layout;
export type Ports = Readonly<Record<PortName | 'base', number>>;

/** Blocks of stacks side by side begin this far apart. */
export const portBlock = 200;
export const defaultBasePort = 8080;

/** Every port of the stack whose public port is `base`. */
export function portsOf(base: number): Ports {
  if (!Number.isInteger(base) || base < 1024 || base > 65_535 - portBlock) {
    throw new Error(`PORTAL_BASE_PORT must be a whole number from 1024 to ${65_535 - portBlock}, not ${base}`);
  }
  const ports = Object.fromEntries(Object.entries(layout).map(([name, offset]) => [name, base + offset]));
  return { ...(ports as Record<PortName, number>), base };
}

/** `PORTAL_BASE_PORT`, else 8080. */
export function basePortFromEnv(env: NodeJS.ProcessEnv = process.env): number {
  const text = env['PORTAL_BASE_PORT'];
  return text === undefined || text === '' ? defaultBasePort : portsOf(Number(text)).base;
}
