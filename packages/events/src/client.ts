import net from 'node:net';
import { Kafka, logLevel } from 'kafkajs';
import './kafkajs-timers.ts';
import type { ISocketFactory, logCreator } from 'kafkajs';
import type { Log } from '@portal/mongo';

export interface ClientTimeouts {
  connectionMs: number;
  requestMs: number;
  /** Attempts after the first one; at least 1, which the idempotent producer demands. */
  retries: number;
  /** The longest pause between two attempts. */
  backOffMs: number;
}

export const defaultTimeouts: ClientTimeouts = { connectionMs: 2_000, requestMs: 3_000, retries: 1, backOffMs: 500 };

/** The longest a call may take until it settles, by what kafkajs was told. */
export function budgetMs({ connectionMs, requestMs, retries, backOffMs }: ClientTimeouts): number {
  return connectionMs + (retries + 1) * requestMs + retries * backOffMs;
}

export interface ClientInit {
  brokers: readonly string[];
  clientId: string;
  log: Log;
}

/** One kafkajs client with its sockets in our hands. */
export interface KafkaClient {
  kafka: Kafka;
  /** Resets all its connections; what lay unsent in them is gone, and no new one is opened. */
  destroy(): void;
}

export function createClient(init: ClientInit, timeouts: ClientTimeouts = defaultTimeouts): KafkaClient {
  const sockets = new Set<net.Socket>();
  let destroyed = false;

  const socketFactory: ISocketFactory = ({ host, port, onConnect }) => {
    // A call that was given up must not go on in background: kafkajs would reconnect and send once more.
    if (destroyed) throw new Error('this client was discarded');
    const socket = net.connect({ host, port }, onConnect);
    socket.setKeepAlive(true, 30_000);
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    return socket;
  };

  const kafka = new Kafka({
    clientId: init.clientId,
    brokers: [...init.brokers],
    connectionTimeout: timeouts.connectionMs,
    requestTimeout: timeouts.requestMs,
    enforceRequestTimeout: true,
    retry: {
      retries: timeouts.retries,
      initialRetryTime: Math.min(100, timeouts.backOffMs),
      maxRetryTime: timeouts.backOffMs,
      // Whoever runs a consumer makes a new one, with checks that kafkajs does not make.
      restartOnFailure: () => Promise.resolve(false),
    },
    socketFactory,
    logLevel: logLevel.WARN,
    logCreator: logTo(init.log),
  });

  return {
    kafka,
    destroy() {
      destroyed = true;
      for (const socket of sockets) {
        // A plain close would leave it to the kernel to deliver what is still queued, minutes later if need be. But not
        // one that is closing already: libuv refuses that, and Node 24 then spins on the handle for ever.
        if (socket.writableEnded) socket.destroy();
        else socket.resetAndDestroy();
      }
    },
  };
}

/** What kafkajs calls an error is mostly an attempt that it repeats; whoever called it logs what counts. */
function logTo(log: Log): logCreator {
  return () =>
    ({ namespace, log: { message, error } }) =>
      log.debug({ namespace, detail: message, reason: error as unknown }, 'kafkajs');
}
