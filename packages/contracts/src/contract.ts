import type * as grpc from '@grpc/grpc-js';
import * as protoLoader from '@grpc/proto-loader';
import type protobuf from 'protobufjs';
import { jsonNameOf } from './json-name.ts';
import { loaderOptions } from './loader-options.ts';
import { listOf, optionsOf } from './options.ts';
import { protoRoot } from './root.ts';

/** Who may call an rpc: exactly one of `public`, `signedIn`, `permission`. */
export interface AccessRule {
  public?: boolean;
  signedIn?: boolean;
  permission?: string;
  /** JSON name of the request field that names the unit; its empty value is the platform itself. */
  unitField?: string;
  /** Services that alone may call; empty = any caller. */
  callers: readonly string[];
}

export interface HttpBinding {
  method: 'get' | 'post' | 'put' | 'patch' | 'delete';
  /** As in the .proto file: `/api/v1/units/{unit_id}/posts/{post_id}:publish`. */
  path: string;
  /** `*` for the whole request, or the proto name of one field; without it the request has no body. */
  body?: string;
}

export interface Rpc {
  /** `PublishPost` */
  name: string;
  /** `publishPost`, its key in handlers and clients. */
  key: string;
  /** `/portal.content.v1.ContentService/PublishPost` */
  path: string;
  request: protobuf.Type;
  response: protobuf.Type;
  access: AccessRule;
  /** Empty for an rpc that REST does not reach. */
  http: readonly HttpBinding[];
  comment: string;
}

/** One service of proto/. `D`, its generated definition, exists for the compiler only. */
export interface ServiceContract<D> {
  /** `portal.content.v1.ContentService` */
  name: string;
  definition: grpc.ServiceDefinition;
  rpcs: readonly Rpc[];
  readonly types?: D;
}

const definitions = new WeakMap<protobuf.Root, protoLoader.PackageDefinition>();

/** Reads a service out of a Root. Throws when the service or an access rule is missing. */
export function serviceContract<D>(name: string, root: protobuf.Root = protoRoot()): ServiceContract<D> {
  const service = root.lookupService(name);
  let definition = definitions.get(root);
  if (definition === undefined)
    definitions.set(root, (definition = protoLoader.fromJSON(root.toJSON(), loaderOptions)));
  return {
    name,
    definition: definition[name] as grpc.ServiceDefinition,
    rpcs: service.methodsArray.map((method) => rpcOf(name, method)),
  };
}

function rpcOf(service: string, method: protobuf.Method): Rpc {
  const { resolvedRequestType: request, resolvedResponseType: response } = method.resolve() as protobuf.Method;
  if (!request || !response) throw new Error(`${service}.${method.name} has an unknown request or response type`);
  return {
    name: method.name,
    key: method.name.charAt(0).toLowerCase() + method.name.slice(1),
    path: `/${service}/${method.name}`,
    request,
    response,
    access: accessOf(service, method),
    http: optionsOf(method, 'google.api.http').flatMap(bindingsOf),
    comment: method.comment ?? '',
  };
}

function accessOf(service: string, method: protobuf.Method): AccessRule {
  const [option] = optionsOf(method, 'portal.options.v1.access');
  // Without a rule nobody would check anything.
  if (option === undefined) throw new Error(`${service}.${method.name} has no (portal.options.v1.access)`);
  const { public: isPublic, signed_in: signedIn, permission, unit_field: unitField, callers } = option;
  return {
    ...(isPublic === true && { public: true }),
    ...(signedIn === true && { signedIn: true }),
    ...(typeof permission === 'string' && { permission }),
    ...(typeof unitField === 'string' && { unitField: jsonNameOf(unitField) }),
    callers: listOf<string>(callers),
  };
}

const methods = ['get', 'post', 'put', 'patch', 'delete'] as const;

function bindingsOf(rule: Record<string, unknown>): HttpBinding[] {
  const method = methods.find((name) => Object.hasOwn(rule, name));
  if (method === undefined) throw new Error(`no HTTP method in ${JSON.stringify(rule)}`);
  const { body, additional_bindings: more } = rule;
  const binding = { method, path: String(rule[method]), ...(typeof body === 'string' && { body }) };
  return [binding, ...listOf<Record<string, unknown>>(more).flatMap(bindingsOf)];
}
