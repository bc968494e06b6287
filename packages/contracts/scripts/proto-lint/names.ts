import protobuf from 'protobufjs';
import { jsonNameOf } from '../../src/json-name.ts';
import type { Report } from './report.ts';

// Acronyms are words: HtmlPage, not HTMLPage.
const pascal = /^(?:[A-Z][a-z0-9]+)+$/;
const lowerSnake = /^[a-z][a-z0-9]*(?:_[a-z0-9]+)*$/;

/** Message types of others that the JSON converters know. */
const knownTypes = ['.google.protobuf.Timestamp', '.google.protobuf.FieldMask', '.google.type.Date'];

export function checkService(service: protobuf.Service, report: Report): void {
  const [, name = ''] = /\.([a-z]+)\.v\d+\.\w+$/.exec(service.fullName) ?? [];
  const wanted = `${name.charAt(0).toUpperCase()}${name.slice(1)}Service`;
  if (service.name !== wanted) report(service, `must be called ${wanted}`);
}

export function checkRpc(rpc: protobuf.Method, report: Report): void {
  if (!pascal.test(rpc.name)) report(rpc, 'must be PascalCase, acronyms as words');
  if (!rpc.comment) report(rpc, 'needs a comment');
  const { resolvedRequestType: request, resolvedResponseType: response } = rpc;
  const scope = rpc.parent?.parent?.fullName ?? '';
  if (request?.fullName !== `${scope}.${rpc.name}Request`) report(rpc, `must take ${rpc.name}Request`);
  if (response?.fullName !== `${scope}.${rpc.name}Response`) report(rpc, `must return ${rpc.name}Response`);
  if (request && response) checkResource(rpc, request, response, report);
}

function checkResource(rpc: protobuf.Method, request: protobuf.Type, response: protobuf.Type, report: Report): void {
  const first = response.fieldsById[1]?.resolve();
  const isResource = first?.resolvedType instanceof protobuf.Type;
  if (/^(?:Create|Get|Update)[A-Z]/.test(rpc.name) && !(isResource && !first.repeated)) {
    report(response, 'field 1 must be the resource');
  }
  if (/^List[A-Z]/.test(rpc.name) && !(isResource && first.repeated)) {
    report(response, 'field 1 must be the list of resources');
  }
  const pages = [request.fields.page_size, request.fields.page_token, response.fields.next_page_token];
  if (pages.some(Boolean) && !pages.every(Boolean)) {
    report(rpc, 'page_size, page_token and next_page_token go together');
  }
}

export function checkMessage(message: protobuf.Type, report: Report): void {
  if (!pascal.test(message.name)) report(message, 'must be PascalCase, acronyms as words');
  // A request and a response are explained by their rpc.
  if (!message.comment && !/(?:Request|Response)$/.test(message.name)) report(message, 'needs a comment');
  for (const field of message.fieldsArray) checkField(field.resolve(), report);
}

function checkField(field: protobuf.Field, report: Report): void {
  if (!lowerSnake.test(field.name)) report(field, 'must be lower_snake_case');
  const jsonName = jsonNameOf(field.name);
  // protobufjs reads such a field from the prototype of an object that lacks it.
  if (jsonName in Object.prototype) report(field, `is called ${jsonName}, as something that every object has`);
  if (field instanceof protobuf.MapField && /64$|^bool$/.test(field.keyType)) {
    report(field, 'the keys of a map must be strings or 32-bit numbers');
  }
  const type = field.resolvedType;
  if (type instanceof protobuf.Type && type.fullName.startsWith('.google.') && !knownTypes.includes(type.fullName)) {
    report(field, `${type.fullName.slice(1)} has no JSON form here`);
  }
}

export function checkEnum(enumeration: protobuf.Enum, report: Report): void {
  if (!pascal.test(enumeration.name)) report(enumeration, 'must be PascalCase, acronyms as words');
  if (!enumeration.comment) report(enumeration, 'needs a comment');
  const prefix = enumeration.name.replaceAll(/(?<=[a-z0-9])(?=[A-Z])/g, '_').toUpperCase();
  if (enumeration.valuesById[0] !== `${prefix}_UNSPECIFIED`) report(enumeration, `0 must be ${prefix}_UNSPECIFIED`);
  for (const name of Object.keys(enumeration.values)) {
    if (!/^[A-Z0-9]+(?:_[A-Z0-9]+)*$/.test(name) || !name.startsWith(`${prefix}_`)) {
      report(enumeration, `${name} must be UPPER_SNAKE_CASE and begin with ${prefix}_`);
    }
  }
}
