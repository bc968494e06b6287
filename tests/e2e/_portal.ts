import { request } from 'node:http';
import type { IncomingHttpHeaders } from 'node:http';
import { createDemoTokens } from '@portal/local';
import type { Stack } from '@portal/local';

export interface Answer {
  /** 0 where nobody answered. */
  status: number;
  headers: IncomingHttpHeaders;
  text: string;
}

export interface ApiAnswer<T> extends Answer {
  body: T;
}

export interface Post {
  postId: string;
  unitId: string;
  state: string;
  title: string;
  slug: string;
  etag: string;
}

export const schoolHost = 'thbinhkhanh.cangio.hcm.localhost';
export const adminHost = 'quantri.hcm.localhost';
const schoolName = 'Trường Tiểu học Bình Khánh';

/** A running stack as its users see it: visitors by host name, people through the REST API. */
export function createPortal({ dir, ports }: Pick<Stack, 'dir' | 'ports'>) {
  const tokenOf = createDemoTokens(dir, ports);

  const send = (host: string, method: string, path: string, headers: object = {}, body?: string): Promise<Answer> =>
    new Promise((resolve) => {
      const lost = (error: Error): void => {
        resolve({ status: 0, headers: {}, text: error.message });
      };
      const call = request(
        { host: '127.0.0.1', port: ports.gateway, method, path, timeout: 15_000, headers: { host, ...headers } },
        (response) => {
          const chunks: Buffer[] = [];
          response.on('data', (chunk: Buffer) => chunks.push(chunk));
          response.on('error', lost);
          response.on('end', () => {
            resolve({
              status: response.statusCode ?? 0,
              headers: response.headers,
              text: Buffer.concat(chunks).toString(),
            });
          });
        },
      );
      call.on('error', lost);
      call.on('timeout', () => call.destroy(new Error('no answer in time')));
      call.end(body);
    });

  const api = async <T>(username: string, method: string, path: string, body?: object): Promise<ApiAnswer<T>> => {
    const headers = {
      authorization: `Bearer ${await tokenOf(username)}`,
      ...(body !== undefined && { 'content-type': 'application/json' }),
    };
    const answer = await send(adminHost, method, path, headers, body && JSON.stringify(body));
    return { ...answer, body: parse(answer.text) as T };
  };

  return {
    send,
    api,
    page: (host: string, path: string): Promise<Answer> => send(host, 'GET', path),
    /** Id of the demo school, found the way an operator finds it: down the tree. */
    async schoolId(): Promise<string> {
      let parentId = '';
      for (;;) {
        const { body } = await api<{ units: Array<{ unitId: string; officialName: string }> }>(
          'operator',
          'GET',
          `/api/v1/units?parentId=${parentId}`,
        );
        const school = body.units.find((unit) => unit.officialName === schoolName);
        const next = school ?? body.units[0];
        if (next === undefined) throw new Error(`no unit is called ${schoolName}`);
        if (school !== undefined) return school.unitId;
        parentId = next.unitId;
      }
    },
  };
}

export type Portal = ReturnType<typeof createPortal>;

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
