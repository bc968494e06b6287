import type { ChannelOptions } from '@grpc/grpc-js';
import type { ServiceContract } from '@portal/contracts';
import { messageBytesMax } from './limits.ts';

const retryPolicy = {
  maxAttempts: 3,
  initialBackoff: '0.1s',
  maxBackoff: '1s',
  backoffMultiplier: 2,
  retryableStatusCodes: ['UNAVAILABLE'],
};

/**
 * How a client connects. Reads (`Get…`, `List…`) are tried again on UNAVAILABLE. A write is not: the answer may have
 * been lost after the commit, and only the caller knows whether doing it twice is harmless. (gRPC itself resends any
 * call that provably never reached a server.)
 */
export function channelOptions(contract: ServiceContract<unknown>): ChannelOptions {
  const reads = contract.rpcs.filter(({ name }) => /^(Get|List)[A-Z]/.test(name));
  const serviceConfig = {
    loadBalancingConfig: [{ round_robin: {} }],
    methodConfig: reads.map(({ name }) => ({ name: [{ service: contract.name, method: name }], retryPolicy })),
    // A server that fails most calls is not asked three times as often.
    retryThrottling: { maxTokens: 10, tokenRatio: 0.1 },
  };
  return {
    'grpc.service_config': JSON.stringify(serviceConfig),
    // Ours is the only service config: nothing is looked up in DNS TXT records.
    'grpc.service_config_disable_resolution': 1,
    'grpc.max_receive_message_length': messageBytesMax,
    'grpc.max_send_message_length': messageBytesMax,
    'grpc.keepalive_time_ms': 30_000,
    'grpc.keepalive_timeout_ms': 10_000,
    // The default of two minutes would outlast any restart of a server.
    'grpc.initial_reconnect_backoff_ms': 100,
    'grpc.max_reconnect_backoff_ms': 2_000,
    // http_proxy in the environment is meant for the internet, not for the services.
    'grpc.enable_http_proxy': 0,
  };
}
