/**
 * The same for every answer of every host. The policy is static because no page holds inline script or style and
 * themes are files: what an editor typed can never run. No upgrade-insecure-requests: it would break plain http
 * development hosts, and in production there is nothing but https to link to.
 */
const headers: Readonly<Record<string, string>> = {
  'content-security-policy':
    "default-src 'none'; style-src 'self'; img-src 'self'; font-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
  'strict-transport-security': 'max-age=31536000; includeSubDomains',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'strict-origin-when-cross-origin',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'origin-agent-cluster': '?1',
  'permissions-policy': 'camera=(), geolocation=(), microphone=(), payment=(), usb=()',
  'x-permitted-cross-domain-policies': 'none',
};

/** Names and values in turn, as `writeHead` takes them fastest. */
export const securityHeaders: readonly string[] = Object.entries(headers).flat();
