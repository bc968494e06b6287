export interface RateLimit {
  /** Tokens that come back per second. */
  perSecond: number;
  /** Tokens a newcomer has, and the most anyone can save up. */
  burst: number;
}

export interface RateLimiter {
  /** Takes one token of `key`; false when there is none. */
  take(key: string): boolean;
}

interface Bucket {
  tokens: number;
  at: number;
}

/**
 * Token buckets of one process. Holds at most about `maxKeys` buckets, the latest used; who was forgotten starts with
 * a full bucket again.
 */
export function createRateLimiter({ perSecond, burst }: RateLimit, now = Date.now, maxKeys = 50_000): RateLimiter {
  // Two generations instead of an order by use: when the young one is full it becomes the old one.
  let young = new Map<string, Bucket>();
  let old = new Map<string, Bucket>();

  function bucketOf(key: string): Bucket {
    const time = now();
    let bucket = young.get(key);
    if (bucket === undefined) {
      bucket = old.get(key) ?? { tokens: burst, at: time };
      if (young.size >= maxKeys / 2) {
        old = young;
        young = new Map();
      }
      young.set(key, bucket);
    }
    // A clock that was set back gives nothing and takes nothing.
    bucket.tokens = Math.min(burst, bucket.tokens + (Math.max(0, time - bucket.at) * perSecond) / 1000);
    bucket.at = time;
    return bucket;
  }

  return {
    take(key) {
      const bucket = bucketOf(key);
      if (bucket.tokens < 1) return false;
      bucket.tokens -= 1;
      return true;
    },
  };
}

/**
 * Whose bucket a request without a session counts on: an IPv4 address, or the /64 of an IPv6 address, since whoever
 * has one address there has 2^64 of them.
 */
export function addressKey(address: string | undefined): string {
  if (address === undefined) return 'none';
  const mapped = address.startsWith('::ffff:') && address.includes('.') ? address.slice(7) : address;
  if (!mapped.includes(':')) return mapped;
  const [head = '', tail] = mapped.split('::', 2);
  const front = head === '' ? [] : head.split(':');
  const back = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - front.length - back.length);
  return [...front, ...Array<string>(zeros).fill('0'), ...back].slice(0, 4).join(':');
}
