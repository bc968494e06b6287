// `make unit HOST=<host>`: prints the id of the unit behind a host name, found as an operator finds it: down the tree.
import { devDir } from './paths.ts';
import { operatorUsername } from './people.ts';
import { basePortFromEnv, portsOf } from './ports.ts';
import { createApi, type Api } from './seed-api.ts';
import { createDemoTokens } from './token.ts';
import { rootDomain } from './urls.ts';

interface Units {
  units?: Array<{ unitId: string }>;
  nextPageToken?: string;
}

interface Hosts {
  domainBindings?: Array<{ host: string }>;
}

async function findUnit(api: Api, host: string, parentId = ''): Promise<string | undefined> {
  let pageToken = '';
  do {
    const query = new URLSearchParams({ parentId, pageSize: '200', pageToken }).toString();
    const { units = [], nextPageToken = '' } = await api<Units>('GET', `/api/v1/units?${query}`);
    for (const { unitId } of units) {
      const { domainBindings = [] } = await api<Hosts>('GET', `/api/v1/units/${unitId}/hosts`);
      if (domainBindings.some((binding) => binding.host === host)) return unitId;
      const below = await findUnit(api, host, unitId);
      if (below !== undefined) return below;
    }
    pageToken = nextPageToken;
  } while (pageToken !== '');
  return undefined;
}

const [, , host = ''] = process.argv;
try {
  const ports = portsOf(basePortFromEnv());
  const tokenOf = createDemoTokens(devDir, ports);
  const token = () => tokenOf(operatorUsername);
  const api = createApi({ port: ports.gateway, host: `quantri.${rootDomain}`, token, patienceMs: 0 });
  const unitId = await findUnit(api, host);
  if (unitId === undefined) throw new Error(host === '' ? 'say which: make unit HOST=<host>' : `no unit has ${host}`);
  process.stdout.write(`${unitId}\n`);
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`);
  process.exitCode = 1;
}
