import { randomBytes } from 'node:crypto';
import type { KeycloakAdmin } from './keycloak-admin.ts';
import type { Report } from './keycloak-clients.ts';
import { covers } from './keycloak-realm-file.ts';
import type { AuthenticatorConfigRep, ExecutionRep, FlowRep, RealmFile } from './keycloak-realm-file.ts';

/** One line of `GET /authentication/flows/<alias>/executions`: the whole tree, flattened. */
interface ExecutionInfo {
  id: string;
  level: number;
  requirement: string;
  providerId?: string;
  displayName: string;
  authenticationFlow?: boolean;
  flowId?: string;
  authenticationConfig?: string;
}

/** The same tree in a form that can be compared: depth, what runs, how it is required, with which settings. */
interface Step {
  level: number;
  runs: string;
  requirement: string;
  settings: string;
}

/**
 * What Keycloak shows instead of the reference values behind `amr`. A step's settings are therefore told apart by
 * their name too: give them a new one in realm.json when such a value changes.
 */
const hidden = '**********';

/**
 * Makes the file's authentication flows the realm's. A flow that differs is built anew beside the running one and
 * bound in one call, so that at no moment a sign-in meets a flow without its second factor; then the old one goes.
 * Flows that neither the file nor Keycloak itself knows are removed.
 */
export async function reconcileFlows(admin: KeycloakAdmin, file: RealmFile, report: Report): Promise<void> {
  const top = file.flows.filter(({ topLevel }) => topLevel);
  for (const flow of top) {
    const wanted = [...stepsOf(file, flow, 0)];
    const actual = await findSteps(admin, flow.alias);
    if (actual !== undefined && covers(wanted, actual)) continue;
    if (actual !== undefined) await setAside(admin, flow);
    await buildFlow(admin, file, flow);
    report(`flow ${flow.alias} ${actual === undefined ? 'created' : 'rebuilt'}`);
  }
  const bound = file.settings['browserFlow'] as string;
  const realm = await admin.get<{ browserFlow: string }>('');
  if (realm.browserFlow !== bound) {
    await admin.put('', { browserFlow: bound });
    report(`flow ${realm.browserFlow} replaced by ${bound} for signing in`);
  }
  const known = new Set(top.map(({ alias }) => alias));
  for (const flow of await admin.get<FlowRep[]>('/authentication/flows')) {
    if (flow.builtIn || known.has(flow.alias)) continue;
    await admin.remove(`/authentication/flows/${flow.id}`);
    report(`flow ${flow.alias} removed`);
  }
}

function* stepsOf(file: RealmFile, flow: FlowRep, level: number): Generator<Step> {
  for (const execution of flow.authenticationExecutions) {
    yield {
      level,
      runs: execution.flowAlias ?? execution.authenticator ?? '',
      requirement: execution.requirement,
      settings: describe(settingsOf(file, execution)),
    };
    if (execution.flowAlias !== undefined) yield* stepsOf(file, flowNamed(file, execution.flowAlias), level + 1);
  }
}

async function findSteps(admin: KeycloakAdmin, alias: string): Promise<Step[] | undefined> {
  const flows = await admin.get<FlowRep[]>('/authentication/flows');
  if (!flows.some((flow) => flow.alias === alias)) return undefined;
  const executions = await admin.get<ExecutionInfo[]>(`/authentication/flows/${encodeURIComponent(alias)}/executions`);
  return Promise.all(
    executions.map(
      async ({ level, requirement, providerId, displayName, authenticationFlow, authenticationConfig }) => ({
        level,
        runs: authenticationFlow === true ? displayName : (providerId ?? ''),
        requirement,
        settings: describe(
          authenticationConfig === undefined
            ? undefined
            : await admin.get<AuthenticatorConfigRep>(`/authentication/config/${authenticationConfig}`),
        ),
      }),
    ),
  );
}

function describe(settings: AuthenticatorConfigRep | undefined): string {
  if (settings === undefined) return '';
  const values = Object.entries(settings.config).sort(([a], [b]) => (a < b ? -1 : 1));
  const name = settings.alias.replace(/~\w+$/, '');
  return JSON.stringify([
    name,
    values.map(([key, value]) => [key, key.startsWith('default.reference.') ? hidden : value]),
  ]);
}

/** Frees the names of a flow and of what is below it; it stays bound and complete until it is replaced. */
async function setAside(admin: KeycloakAdmin, flow: FlowRep): Promise<void> {
  const suffix = `-old-${randomSuffix()}`;
  const executions = await admin.get<ExecutionInfo[]>(`/authentication/flows/${flow.alias}/executions`);
  const below = executions.flatMap(({ flowId }) => (flowId === undefined ? [] : [flowId]));
  const top = (await admin.get<FlowRep[]>('/authentication/flows')).find(({ alias }) => alias === flow.alias);
  for (const id of [...below, ...(top?.id === undefined ? [] : [top.id])]) {
    const running = await admin.get<FlowRep>(`/authentication/flows/${id}`);
    await admin.put(`/authentication/flows/${id}`, { ...running, alias: running.alias + suffix });
  }
}

async function buildFlow(admin: KeycloakAdmin, file: RealmFile, flow: FlowRep): Promise<void> {
  const { authenticationExecutions, ...rep } = flow;
  await fillFlow(admin, file, flow, await admin.post('/authentication/flows', rep));
}

async function fillFlow(admin: KeycloakAdmin, file: RealmFile, flow: FlowRep, id: string): Promise<void> {
  for (const execution of flow.authenticationExecutions) {
    if (execution.flowAlias !== undefined) {
      await buildSubflow(admin, file, flow, execution, flowNamed(file, execution.flowAlias));
      continue;
    }
    const { authenticator, requirement, priority } = execution;
    const step = { parentFlow: id, authenticator, requirement, priority, authenticatorFlow: false };
    const executionId = await admin.post('/authentication/executions', step);
    const settings = settingsOf(file, execution);
    if (settings === undefined) continue;
    // Names of settings are unique in the realm, and those of the flow being replaced are still taken.
    const alias = `${settings.alias}~${randomSuffix()}`;
    await admin.post(`/authentication/executions/${executionId}/config`, { ...settings, alias });
  }
}

/**
 * Flow and step in one call: a subflow created by itself would, after a kill in between, hang on nothing, be on no
 * list and keep its name taken for ever. The call knows no requirement, so that follows.
 */
async function buildSubflow(
  admin: KeycloakAdmin,
  file: RealmFile,
  parent: FlowRep,
  { priority, requirement }: ExecutionRep,
  flow: FlowRep,
): Promise<void> {
  const { alias, description, providerId } = flow;
  const steps = `/authentication/flows/${encodeURIComponent(parent.alias)}/executions`;
  const id = await admin.post(`${steps}/flow`, { alias, description, type: providerId, priority });
  const step = (await admin.get<ExecutionInfo[]>(steps)).find(({ flowId }) => flowId === id);
  await admin.put(steps, { ...step, requirement });
  await fillFlow(admin, file, flow, id);
}

function randomSuffix(): string {
  return randomBytes(4).toString('hex');
}

function settingsOf(file: RealmFile, { authenticatorConfig }: ExecutionRep): AuthenticatorConfigRep | undefined {
  if (authenticatorConfig === undefined) return undefined;
  const found = file.authenticatorConfigs.find(({ alias }) => alias === authenticatorConfig);
  if (found === undefined) throw new Error(`realm.json: no authenticator config ${authenticatorConfig}`);
  return found;
}

function flowNamed(file: RealmFile, alias: string): FlowRep {
  const found = file.flows.find((flow) => flow.alias === alias);
  if (found === undefined) throw new Error(`realm.json: no flow ${alias}`);
  return found;
}
