import { contentContract, identityContract, tenantContract } from '@portal/contracts';
import type { ServiceContract } from '@portal/contracts';
import { sampleContract } from '@portal/contracts/testing';
import { AppError } from '@portal/errors';
import { createTranscoder } from '../src/api/transcoder.ts';
import type { ApiResponse, Transcoder } from '../src/api/transcoder.ts';

export const apiContracts: readonly ServiceContract<unknown>[] = [
  sampleContract(),
  tenantContract,
  identityContract,
  contentContract,
];

export interface Recorded {
  rpc: string;
  request: object;
  options: unknown;
}

export interface RecordingApi {
  transcoder: Transcoder<string>;
  /** Every call that reached a service. */
  calls: Recorded[];
  /** What the services answer from now on. */
  answer: () => Promise<object>;
  /** A request as a browser sends it; JSON unless `contentType` says otherwise. */
  send(method: string, url: string, options?: { body?: unknown; contentType?: string }): Promise<ApiResponse>;
}

/** A client with one function per rpc, all of which end in `invoke`. */
export function clientOf(contract: ServiceContract<unknown>, invoke: (call: Recorded) => Promise<object>): object {
  return Object.fromEntries(
    contract.rpcs.map(({ name, key }) => [
      key,
      (request: object, options: unknown): Promise<object> => invoke({ rpc: name, request, options }),
    ]),
  );
}

/** The transcoder over the portal's contracts and the sample one, before services that note what they are asked. */
export function createRecordingApi(): RecordingApi {
  const calls: Recorded[] = [];
  const record = (call: Recorded): Promise<object> => {
    calls.push(call);
    return api.answer();
  };
  const transcoder = createTranscoder<string>(
    apiContracts.map((contract) => ({ contract, client: clientOf(contract, record) })),
  );
  const api: RecordingApi = {
    transcoder,
    calls,
    answer: () => Promise.resolve({}),
    async send(method, url, options = {}) {
      const [path = '', query = ''] = url.split('?');
      const match = transcoder.match(method, path);
      if (match.kind !== 'call') throw new Error(match.kind);
      const contentType = options.body === undefined ? undefined : 'application/json';
      return transcoder.call(match, { query: new URLSearchParams(query), contentType, ...options }, 'as given');
    },
  };
  return api;
}

/** The faults an INVALID_REQUEST names, as `path REASON`. Throws when the request was taken or failed otherwise. */
export async function violationsOf(sent: Promise<ApiResponse>): Promise<string[]> {
  const error: unknown = await sent.then(
    () => new Error('the request was taken'),
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof AppError)) throw error;
  expect([error.kind, error.reason]).toEqual(['INVALID_ARGUMENT', 'INVALID_REQUEST']);
  expect(error.violations.length).toBeGreaterThan(0);
  return error.violations.map(({ field, reason }) => `${field} ${reason}`);
}
