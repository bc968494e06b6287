/** A host name as names are compared (lower case, no trailing dot), and the port as it stood, empty when absent. */
export interface HostAndPort {
  host: string;
  port: string;
}

// Underscores are not allowed in host names, but some resolvers pass them; such a host is merely unknown.
const hostPattern = /^([a-z0-9_.-]{1,254}|\[[0-9a-f:.]{2,45}\])(?::(\d{0,5}))?$/i;

/** Reads the value of a Host header or the authority of a URL; undefined when it is neither name nor address. */
export function parseHost(value: string): HostAndPort | undefined {
  const [, name, port = ''] = hostPattern.exec(value) ?? [];
  if (name === undefined) return undefined;
  const host = (name.endsWith('.') ? name.slice(0, -1) : name).toLowerCase();
  return host === '' ? undefined : { host, port };
}
