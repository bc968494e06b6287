import { request } from 'node:http';
import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http';
import { connect } from 'node:net';
import { gunzipSync } from 'node:zlib';

export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  /** Decompressed. */
  text: string;
  json: Record<string, unknown>;
}

export interface Ask {
  host?: string;
  method?: string;
  headers?: OutgoingHttpHeaders;
  body?: string | Buffer;
}

/** Asks the gateway at `address` (host:port) for a path of a host. */
export async function ask(address: string, path: string, { host, method, headers, body }: Ask = {}): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const [ip, port] = address.split(':');
  const options = { host: ip, port, path, method: method ?? 'GET', headers: { ...(host && { host }), ...headers } };
  const sent = request({ ...options, agent: false }, (response) => {
    const chunks: Buffer[] = [];
    response.on('data', (chunk: Buffer) => chunks.push(chunk));
    response.on('error', reject);
    response.on('end', () => {
      const bytes = Buffer.concat(chunks);
      const isZipped = response.headers['content-encoding'] === 'gzip' && bytes.length > 0;
      const text = (isZipped ? gunzipSync(bytes) : bytes).toString();
      const isJson = response.headers['content-type']?.includes('json') === true && text !== '';
      const json = isJson ? (JSON.parse(text) as Record<string, unknown>) : {};
      resolve({ status: response.statusCode ?? 0, headers: response.headers, text, json });
    });
  });
  sent.on('error', reject);
  sent.end(body);
  return promise;
}

/** Sends bytes as they are and gives back everything that came until the server closed the connection. */
export async function sendRaw(address: string, bytes: string | Buffer): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  const [host = '', port] = address.split(':');
  const socket = connect({ host, port: Number(port) });
  let answer = '';
  socket.setEncoding('latin1');
  socket.on('data', (chunk) => (answer += String(chunk)));
  // A refused sender may find the connection reset while still sending.
  socket.on('error', () => undefined);
  socket.on('close', () => {
    resolve(answer);
  });
  socket.write(bytes);
  return promise;
}

/** Status of the first answer in what `sendRaw` got; 0 where there is none. */
export function statusOf(answer: string): number {
  return Number(/^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1] ?? 0);
}
