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

/**
 * The broker names the coordinator of a consumer group (FindCoordinator, key 10, version 1): it is registered, takes
 * requests and keeps groups. A fresh broker creates its topic of groups at the first such question and fails every
 * consumer until then.
 */
export function kafkaReady(port: number): Probe {
  const correlationId = 0x706f7274;
  const group = Buffer.from('readiness');
  const noClientId = int16(-1);
  const keyOfGroup = [int16(group.length), group, Buffer.from([0])];
  const body = Buffer.concat([int16(10), int16(1), int32(correlationId), noClientId, ...keyOfGroup]);
  const request = Buffer.concat([int32(body.length), body]);
  return async () => {
    const answer = await exchange(port, request, 14);
    return answer?.readInt32BE(4) === correlationId && answer.readInt16BE(12) === 0; // length, id, throttle time, error
  };
}

/** The server answers `{ ping: 1 }` over the wire protocol. */
export function mongoReady(port: number): Probe {
  const le = (value: number) => int32(value).reverse();
  const database = [Buffer.from('\x02$db\0'), le(6), Buffer.from('admin\0')];
  const elements = Buffer.concat([Buffer.from('\x10ping\0'), le(1), ...database, Buffer.from([0])]);
  const body = Buffer.concat([le(0), Buffer.from([0]), le(elements.length + 4), elements]); // flags, kind 0, document
  const request = Buffer.concat([le(16 + body.length), le(1), le(0), le(2013), body]);
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

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

function int16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeInt16BE(value);
  return bytes;
}
