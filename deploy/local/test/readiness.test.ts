import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { httpReady, kafkaReady, mongoReady, type Probe } from '../readiness.ts';

const servers: Server[] = [];
afterAll(() => {
  for (const server of servers) server.close();
});

async function listen(onConnection: (socket: Socket) => void): Promise<number> {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    onConnection(socket);
  }).listen(0, '127.0.0.1');
  servers.push(server);
  await new Promise((resolve) => server.once('listening', resolve));
  return (server.address() as AddressInfo).port;
}

const probes: Array<[string, (port: number) => Probe]> = [
  ['kafka', kafkaReady],
  ['mongo', mongoReady],
  ['http', (port) => httpReady(`http://127.0.0.1:${port}/`)],
];

describe.each(probes)('%s', (_name, probe) => {
  test.each([
    ['hangs up', (socket: Socket) => socket.destroy()],
    ['speaks another protocol', (socket: Socket) => socket.end('SSH-2.0-OpenSSH_9.2\r\n')],
    ['answers nonsense of any length', (socket: Socket) => socket.end(Buffer.alloc(64, 0xff))],
    ['answers half', (socket: Socket) => socket.end(Buffer.from([0, 0, 0, 40, 1, 2]))],
  ])('one that %s is not ready', async (_what, onConnection) => {
    await expect(probe(await listen(onConnection))()).resolves.toBe(false);
  });

  test('one that accepts and says nothing is not ready', async () => {
    const sockets: Socket[] = [];
    await expect(probe(await listen((socket) => void sockets.push(socket)))()).resolves.toBe(false);
    for (const socket of sockets) socket.destroy();
  });

  test('a closed port is not ready', async () => {
    await expect(probe(1)()).resolves.toBe(false);
  });
});

test('an HTTP server that answers with an error is not ready', async () => {
  const port = await listen((socket) => socket.end('HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\n\r\n'));
  await expect(httpReady(`http://127.0.0.1:${port}/`)()).resolves.toBe(false);
});

test('the real servers are ready, each only for its own probe', async () => {
  const kafkaPort = Number(process.env['KAFKA_BROKERS']?.split(':').at(-1));
  const mongoPort = Number(new URL(process.env['MONGO_URL'] ?? '').port);
  await expect(kafkaReady(kafkaPort)()).resolves.toBe(true);
  await expect(mongoReady(mongoPort)()).resolves.toBe(true);
  await expect(kafkaReady(mongoPort)()).resolves.toBe(false);
  await expect(mongoReady(kafkaPort)()).resolves.toBe(false);
});
