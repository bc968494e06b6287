import { fromJson, jsonNameOf, toJson } from '@portal/contracts';
import type { HttpBinding, JsonObject, Rpc, ServiceContract } from '@portal/contracts';
import { compareTemplates, fieldsOf, matchTemplate, parseTemplate, shapeOf, splitPath } from './path-template.ts';
import type { PathTemplate } from './path-template.ts';
import { requestJson } from './request-json.ts';
import type { RequestParts } from './request-json.ts';

/** A service behind the API: its contract and a client with one function per rpc (`Client<D, O>`). */
export interface TranscodedService {
  contract: ServiceContract<unknown>;
  client: object;
}

/** The rpc that a method and a path lead to. */
export interface Match {
  kind: 'call';
  service: string;
  rpc: Rpc;
  binding: HttpBinding;
  /** Decoded path fields by proto name. */
  path: ReadonlyMap<string, string>;
}

export type MatchResult =
  | Match
  /** The path exists, not for this method; `allow` is the Allow header. */
  | { kind: 'method-not-allowed'; allow: string }
  /** No such path, or one that holds what no value of ours holds: broken escapes, encoded slashes, controls. */
  | { kind: 'not-found' };

export interface ApiResponse {
  status: number;
  headers: Readonly<Record<string, string>>;
  body: JsonObject;
}

/** REST ↔ gRPC for every rpc with a google.api.http binding. `O` are the call options of the clients. */
export interface Transcoder<O> {
  /** `path` is the raw path of the request, without the query. */
  match(method: string, path: string): MatchResult;
  /**
   * Makes the call. Throws INVALID_ARGUMENT `UNSUPPORTED_MEDIA_TYPE` (HTTP 415) or `INVALID_REQUEST` with violations for
   * a request that is no message, and whatever the client throws.
   */
  call(match: Match, parts: Omit<RequestParts, 'path'>, options: O): Promise<ApiResponse>;
}

type Invoke<O> = (request: object, options: O) => Promise<object>;

interface Route<O> {
  template: PathTemplate;
  method: string;
  match: Omit<Match, 'path'>;
  invoke: Invoke<O>;
}

/** Throws for bindings that cannot work: unknown fields, two rpcs on one path, a client without the rpc. */
export function createTranscoder<O>(services: readonly TranscodedService[]): Transcoder<O> {
  const routes = new Map<string, Route<O>[]>();
  const invokes = new Map<Rpc, Invoke<O>>();
  for (const route of services.flatMap((service) => routesOf<O>(service))) {
    const key = bucketOf(route.template.segments, route.template.verb);
    const bucket = routes.get(key) ?? [];
    const twin = bucket.find((other) => isTwin(route, other));
    if (twin !== undefined) throw new Error(`${twin.match.rpc.path} and ${route.match.rpc.path} have one HTTP path`);
    bucket.push(route);
    bucket.sort((left, right) => compareTemplates(left.template, right.template));
    routes.set(key, bucket);
    invokes.set(route.match.rpc, route.invoke);
  }

  function match(method: string, path: string): MatchResult {
    const parts = splitPath(path);
    if (parts === undefined) return { kind: 'not-found' };
    const wanted = method.toUpperCase() === 'HEAD' ? 'get' : method.toLowerCase();
    const allowed = new Set<string>();
    for (const route of routes.get(bucketOf(parts.segments, parts.verb)) ?? []) {
      const fields = matchTemplate(route.template, parts);
      if (fields === undefined) continue;
      if (route.method === wanted) return { ...route.match, path: fields };
      allowed.add(route.method.toUpperCase());
      if (route.method === 'get') allowed.add('HEAD');
    }
    if (allowed.size === 0) return { kind: 'not-found' };
    return { kind: 'method-not-allowed', allow: [...allowed].sort().join(', ') };
  }

  async function call(found: Match, parts: Omit<RequestParts, 'path'>, options: O): Promise<ApiResponse> {
    const { rpc, binding, path } = found;
    const invoke = invokes.get(rpc);
    if (invoke === undefined) throw new Error(`${rpc.path} is not of this transcoder`);
    const request = fromJson(rpc.request, requestJson(rpc, binding, { ...parts, path }), { unknown: 'refuse' });
    const response = await invoke(request, options);
    return {
      status: 200,
      headers: { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' },
      body: toJson(rpc.response, response),
    };
  }

  return { match, call };
}

function routesOf<O>({ contract, client }: TranscodedService): Route<O>[] {
  return contract.rpcs.flatMap((rpc) =>
    rpc.http.map((binding) => {
      const invoke = (client as Record<string, unknown>)[rpc.key];
      if (typeof invoke !== 'function') throw new Error(`the client of ${contract.name} has no ${rpc.key}`);
      const template = parseTemplate(binding.path);
      assertFields(rpc, binding, template);
      const match = { kind: 'call', service: contract.name, rpc, binding } as const;
      return { template, method: binding.method, match, invoke: invoke as Invoke<O> };
    }),
  );
}

function assertFields({ path, request }: Rpc, binding: HttpBinding, template: PathTemplate): void {
  const needed = [...fieldsOf(template), ...(binding.body === undefined || binding.body === '*' ? [] : [binding.body])];
  const unknown = needed.find((name) => !Object.hasOwn(request.fields, jsonNameOf(name)));
  if (unknown !== undefined) throw new Error(`${path} binds ${unknown}, which ${request.name} does not have`);
  if (['post', 'put', 'patch'].includes(binding.method) !== (binding.body !== undefined)) {
    throw new Error(`${path} must have a body with POST, PUT and PATCH, and with nothing else`);
  }
  const maskType = request.fields.updateMask?.resolve().resolvedType?.fullName;
  if (binding.method === 'patch' && (binding.body === '*' || maskType !== '.google.protobuf.FieldMask')) {
    throw new Error(`${path}: PATCH needs the resource as its body and a google.protobuf.FieldMask update_mask`);
  }
}

function isTwin<O>(left: Route<O>, right: Route<O>): boolean {
  return left.method === right.method && shapeOf(left.template) === shapeOf(right.template);
}

function bucketOf(segments: readonly unknown[], verb: string): string {
  return `${segments.length}:${verb}`;
}
