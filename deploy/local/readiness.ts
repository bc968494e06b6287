import { connect } from 'node:net';

/** True once the server answers as itself. An open port alone is no sign: Kafka accepts long before it serves. */
export type Probe = () => Promise<boolean>;

const timeoutMs = 2_000;

/** 2xx from the url. */
export function httpReady(url: string): Probe {
  return async () => {
    try {
      const response = await fetch(url, { signal: AbortSignal.timeout(timeoutMs) });
      await response.arrayBuffer();
      return response.ok;
    } catch {
      return false;
    }
  };
}

/** The broker answers ApiVersions (key 18, version 0) without an error: it is registered and takes requests. */
export function kafkaReady(port: number): Probe {
  const correlationId = 0x706f7274;
  const request = Buffer.alloc(14);
  request.writeInt32BE(10, 0); // bytes that follow
  request.writeInt16BE(18, 4);
  request.writeInt32BE(correlationId, 8);
  request.writeInt16BE(-1, 12); // no client id
  return async () => {
    const answer = await exchange(port, request, 10);
    return answer?.readInt32BE(4) === correlationId && answer.readInt16BE(8) === 0;
  };
}

/** The server answers `{ ping: 1 }` over the wire protocol. */
export function mongoReady(port: number): Probe {
  const int32 = (value: number) => Buffer.from(new Int32Array([value]).buffer);
  const elements = Buffer.concat([
    Buffer.from('\x10ping\0'),
    int32(1),
    Buffer.from('\x02$db\0'),
    int32(6),
    Buffer.from('admin\0\0'),
  ]);
  const document = Buffer.concat([int32(elements.length + 4), elements]);
  const body = Buffer.concat([int32(0), Buffer.from([0]), document]); // flags, section kind 0
  const request = Buffer.concat([int32(16 + body.length), int32(1), int32(0), int32(2013), body]);
  return async () => {
    const answer = await exchange(port, request, 26);
    return answer?.readInt32LE(12) === 2013 && answer.includes('\x01ok\0');
  };
}

/** Sends and waits for at least `enough` bytes; undefined when the server does not answer. */
function exchange(port: number, request: Buffer, enough: number): Promise<Buffer | undefined> {
  return new Promise((resolve) => {
    let received = Buffer.alloc(0);
    const socket = connect({ host: '127.0.0.1', port });
    const end = (answer?: Buffer) => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(timeoutMs, () => end());
    socket.once('error', () => end());
    socket.once('close', () => end());
    socket.once('connect', () => socket.write(request));
    socket.on('data', (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      if (received.length >= enough && received.length >= frameLength(received, request)) end(received);
    });
  });
}

/** MongoDB counts its own length field and writes it little-endian; Kafka does neither. */
function frameLength(received: Buffer, request: Buffer): number {
  return request.readInt32LE(0) === request.length ? received.readInt32LE(0) : received.readInt32BE(0) + 4;
}
