const addressPattern = /^(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9.-]+):(\d{1,5})$/;

/** Parts of `host:port` (IPv6 in brackets), or undefined. Port 0 stands for any free port. */
export function findAddressParts(address: string): { host: string; port: number } | undefined {
  const [, host, port] = addressPattern.exec(address) ?? [];
  if (host === undefined || port === undefined || Number(port) > 65_535) return undefined;
  return { host: host.replace(/^\[|\]$/g, ''), port: Number(port) };
}

/** Parts of `host:port`. Throws an Error when it is not one. */
export function getAddressParts(address: string): { host: string; port: number } {
  const parts = findAddressParts(address);
  if (parts === undefined) throw new Error('an address is written host:port');
  return parts;
}

/** `host:port`, with brackets around IPv6. */
export function formatAddress(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
