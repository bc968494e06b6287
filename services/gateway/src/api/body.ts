import type { IncomingMessage } from 'node:http';
import { AppError, invalidArgument, resourceExhausted } from '@portal/errors';

const maxBodyBytes = 1_048_576;
/** Levels of arrays and objects. Messages of the contracts need less than ten. */
const maxJsonDepth = 32;

/**
 * The JSON body of a request, undefined when it has none. Throws RESOURCE_EXHAUSTED `BODY_TOO_LARGE`, INVALID_ARGUMENT
 * `BODY_UNREADABLE`, `BODY_TOO_DEEP` or `CONTENT_ENCODING_UNSUPPORTED`, CANCELLED when the client went away.
 * After a throw the rest of the body may be unread: the connection cannot be used again.
 */
export async function readJsonBody(request: IncomingMessage): Promise<unknown> {
  const { headers } = request;
  const length = headers['content-length'];
  if (headers['transfer-encoding'] === undefined && (length === undefined || length === '0')) return undefined;
  if ((headers['content-encoding'] ?? 'identity').toLowerCase() !== 'identity') {
    // A compressed megabyte can be a gigabyte.
    throw invalidArgument('CONTENT_ENCODING_UNSUPPORTED');
  }
  if (Number(length) > maxBodyBytes) throw resourceExhausted('BODY_TOO_LARGE');
  return parseJson(await readBytes(request));
}

async function readBytes(request: IncomingMessage): Promise<Buffer> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  const chunks: Buffer[] = [];
  let size = 0;
  const onData = (chunk: Buffer): void => {
    size += chunk.length;
    chunks.push(chunk);
    if (size <= maxBodyBytes) return;
    request.off('data', onData).pause();
    reject(resourceExhausted('BODY_TOO_LARGE'));
  };
  request.on('data', onData);
  request.once('end', () => {
    resolve(Buffer.concat(chunks, size));
  });
  const onLost = (): void => {
    reject(new AppError({ kind: 'CANCELLED', reason: 'CANCELLED', message: 'the client went away' }));
  };
  request.once('error', onLost).once('close', onLost);
  return promise;
}

function parseJson(bytes: Buffer): unknown {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    // Before parsing: what recurses over the parsed value later could run out of stack.
    if (depthOf(text) > maxJsonDepth) throw invalidArgument('BODY_TOO_DEEP');
    return JSON.parse(text) as unknown;
  } catch (error) {
    if (error instanceof AppError) throw error;
    throw invalidArgument('BODY_UNREADABLE', { message: 'not JSON in UTF-8', cause: error });
  }
}

/** Deepest nesting of brackets outside strings; for text that is no JSON some number. */
function depthOf(text: string): number {
  let depth = 0;
  let deepest = 0;
  let inString = false;
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (inString) {
      if (code === 0x5c) index += 1;
      else if (code === 0x22) inString = false;
    } else if (code === 0x22) inString = true;
    else if (code === 0x5b || code === 0x7b) deepest = Math.max(deepest, (depth += 1));
    else if (code === 0x5d || code === 0x7d) depth -= 1;
  }
  return deepest;
}
