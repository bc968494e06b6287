import type { ServiceContract } from '@portal/contracts';
import { createGrpcClient } from '@portal/runtime';
import type { GrpcClient, Service } from '@portal/runtime';
import { onCleanup } from './cleanup.ts';
import { endpoints } from './endpoints.ts';
import type { TestNames } from './names.ts';

export interface RunningService {
  /** host:port of its gRPC server. */
  address: string;
  service: Service;
  /** A typed client; `caller` is the service that calls, 'gateway' by default. Closed after the file's last test. */
  client<D>(contract: ServiceContract<D>, caller?: string): GrpcClient<D>;
  /** Stops before the file's last test; stopping again is fine. */
  stop(): Promise<void>;
}

/** What every service's config has in common: the test servers, the file's own names, any free port. */
export function serviceConfig({ database, topicPrefix }: TestNames) {
  const { mongoUrl, kafkaBrokers, issuer } = endpoints();
  return {
    grpcAddress: '127.0.0.1:0',
    metricsAddress: '127.0.0.1:0',
    logLevel: 'fatal',
    mongoUrl,
    mongoDatabase: database,
    kafkaBrokers,
    topicPrefix,
    topicPartitions: 1,
    oidcIssuer: issuer,
    oidcAudience: 'portal-api',
  } as const;
}

/** Starts a service inside the test process; it stops after the file's last test. */
export async function startService<C>(
  create: (config: C) => Service | Promise<Service>,
  config: C,
): Promise<RunningService> {
  const service = await create(config);
  onCleanup(() => service.stop());
  await service.start();
  const address = service.address();
  return {
    address,
    service,
    client(contract, caller = 'gateway') {
      const client = createGrpcClient({ contract, address, caller });
      onCleanup(() => {
        client.close();
      });
      return client;
    },
    stop: () => service.stop(),
  };
}
