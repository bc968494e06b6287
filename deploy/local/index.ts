export { portsOf, type Ports } from './ports.ts';
export { loadSecrets, type Secrets } from './secrets.ts';
export { freeBasePort, startStack, testStackDir, type Stack, type StackProcess } from './stack.ts';
