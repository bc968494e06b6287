import type { Rpc, ServiceContract } from './contract.ts';
import type { Client, Handlers } from './types.ts';

/** A typed client of a service over any way of making a unary call. */
export function bindClient<D, O>(
  contract: ServiceContract<D>,
  invoke: (rpc: Rpc, request: object, options: O) => Promise<object>,
): Client<D, O> {
  const methods = contract.rpcs.map((rpc) => [
    rpc.key,
    (request: object, options: O): Promise<object> => invoke(rpc, request, options),
  ]);
  return Object.fromEntries(methods) as Client<D, O>;
}

export type Handler<C> = (request: object, call: C) => Promise<object>;

/** Pairs every rpc with its handler. Throws for an rpc without one. */
export function bindHandlers<D, C>(
  contract: ServiceContract<D>,
  handlers: Handlers<D, C>,
): ReadonlyArray<{ rpc: Rpc; handler: Handler<C> }> {
  return contract.rpcs.map((rpc) => {
    const handler = (handlers as Record<string, Handler<C> | undefined>)[rpc.key];
    if (handler === undefined) throw new Error(`${contract.name} has no handler for ${rpc.name}`);
    return { rpc, handler };
  });
}
