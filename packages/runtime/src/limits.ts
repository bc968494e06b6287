/** Largest message either way. A post body is at most 100,000 characters; files go elsewhere. */
export const messageBytesMax = 4 * 1024 * 1024;

/** Largest metadata of a call; an access token with its claims takes about 2 kB. */
export const metadataBytesMax = 16 * 1024;

/**
 * Largest google.rpc.Status among the trailers, before base64: gRPC implementations and proxies promise to carry
 * 8 kB of metadata and no more.
 */
export const statusBytesMax = 5_500;

/** A hop answers this much before its caller stops waiting, so that the callee names the timeout, not the caller. */
export const hopMs = 20;

/** Deadline of a call that came without one. */
export const defaultDeadlineMs = 10_000;

/** What a client waits when its caller's own deadline allows for more. */
export const defaultTimeoutMs = 5_000;
