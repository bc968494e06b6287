// The layers of the code base (docs/architecture.md), checked on every lint. tests/contract/layer-rules.test.ts plants
// a violation of each rule and sees it caught; a new rule comes with its planted violation.

/** Files of one layer, by name, in every service with the common skeleton; the gateway has its own shape. */
const layer = (name) => ({ path: `^services/.+/${name}\\.ts$`, pathNot: '^services/gateway/|/test/' });

/** What a package may import of the others, lowest first. Another edge, or another package, needs a decision. */
const packageLayers = {
  errors: [],
  contracts: ['errors'],
  runtime: ['contracts', 'errors'],
  mongo: ['errors'],
  events: ['errors', 'mongo'],
  authz: ['contracts', 'errors', 'events', 'runtime'],
  testkit: ['authz', 'contracts', 'errors', 'events', 'mongo', 'runtime'],
};

const packageRules = Object.entries(packageLayers).map(([name, below]) => ({
  name: `package-layers-${name}`,
  comment: `packages/${name} may import ${below.length === 0 ? 'no other package' : below.join(', ')}`,
  severity: 'error',
  from: { path: `^packages/${name}/src/` },
  to: { path: '^packages/', pathNot: `^packages/(${[name, ...below].join('|')})/` },
}));

module.exports = {
  forbidden: [
    ...packageRules,
    {
      name: 'no-cycle',
      comment: 'files that need each other are one file, or hide a third',
      severity: 'error',
      from: { pathNot: '^packages/contracts/gen/' },
      to: { circular: true },
    },
    {
      name: 'resolvable',
      comment: 'an import that does not resolve',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'declared',
      comment: 'an import that works only because another workspace happens to install it',
      severity: 'error',
      from: {},
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown'] },
    },
    {
      name: 'no-dev-dependency-in-src',
      comment: 'what runs in production is a dependency, not a devDependency',
      severity: 'error',
      from: { path: '^(packages|services)/[^/]+/src/', pathNot: '^packages/testkit/' },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'services-apart',
      comment: 'services meet over gRPC and Kafka only',
      severity: 'error',
      from: { path: '^services/([^/]+)/' },
      to: { path: '^services/', pathNot: '^services/$1/' },
    },
    {
      name: 'packages-below-services',
      comment: 'packages are mechanism; they know no service',
      severity: 'error',
      from: { path: '^packages/' },
      to: { path: '^services/' },
    },
    {
      name: 'public-entry-only',
      comment: 'another workspace is entered by its package name and index, never by a path into its src',
      severity: 'error',
      from: { path: '^((?:packages|services|deploy)/[^/]+)/|^tests/' },
      to: {
        path: '^(packages|services|deploy)/[^/]+/',
        pathNot: [
          '^$1/',
          '^packages/[^/]+/src/index\\.ts$',
          '^packages/contracts/gen/',
          '^packages/contracts/test/testing\\.ts$',
          '^deploy/local/index\\.ts$',
          '^services/[^/]+/src/service\\.ts$',
        ],
      },
    },
    {
      name: 'by-package-name',
      comment: 'a relative path out of the own workspace bypasses its manifest',
      severity: 'error',
      from: { path: '^((?:packages|services)/[^/]+)/(?:src|test)/' },
      to: { path: '^(packages|services|deploy)/', pathNot: '^$1/', dependencyTypesNot: ['aliased-workspace'] },
    },
    {
      name: 'testkit-in-tests-only',
      comment: 'test helpers and local servers do not run in production',
      severity: 'error',
      from: { path: '^(packages|services)/[^/]+/src/', pathNot: '^packages/testkit/' },
      to: { path: '^(packages/testkit|deploy|tests)/' },
    },
    {
      name: 'tests-apart',
      comment: 'src never imports tests',
      severity: 'error',
      from: { path: '/src/' },
      to: { path: '/test/|^tests/' },
    },
    {
      name: 'main-is-the-top',
      comment: 'nobody imports a main.ts: importing it starts a process',
      severity: 'error',
      from: {},
      to: { path: '/src/main\\.ts$' },
    },
    {
      name: 'main-only-wires',
      comment: 'main.ts: env → config → create → start → wait → stop',
      severity: 'error',
      from: { path: '^services/[^/]+/src/main\\.ts$' },
      to: { path: '^(services|packages)/', pathNot: '/src/(config|service)\\.ts$|^packages/runtime/' },
    },
    {
      name: 'config-stands-alone',
      comment: 'config.ts is one schema; nothing of the service may depend on being loaded with it',
      severity: 'error',
      from: { path: '^services/[^/]+/src/config\\.ts$' },
      to: { path: '^(services|packages)/', pathNot: '^packages/runtime/' },
    },
    {
      name: 'service-is-the-root',
      comment: 'only main.ts and tests import the composition root',
      severity: 'error',
      from: { path: '^services/[^/]+/src/', pathNot: '/src/main\\.ts$' },
      to: { path: '^services/[^/]+/src/service\\.ts$' },
    },
    {
      name: 'domain-is-pure',
      comment: 'domain.ts decides over plain values: errors only; clock and ids are arguments',
      severity: 'error',
      from: layer('domain'),
      to: { path: '.', pathNot: '^packages/errors/|^services/' },
    },
    {
      name: 'domain-is-the-bottom',
      comment: 'the other layers know the domain, the domain knows none of them',
      severity: 'error',
      from: layer('domain'),
      to: { path: '/(grpc|store|events|metrics|service|config)\\.ts$' },
    },
    {
      name: 'domain-reaches-nothing',
      comment: 'nor through a file in between',
      severity: 'error',
      from: layer('domain'),
      to: { path: '^packages/(contracts|runtime|mongo|events|authz)/', reachable: true },
    },
    {
      name: 'grpc-without-storage',
      comment: 'grpc.ts translates: message → command → domain → response; stores are passed in',
      severity: 'error',
      from: layer('grpc'),
      to: { path: '^packages/mongo/|/src/(service|config)\\.ts$' },
    },
    {
      name: 'stores-are-passed-in',
      comment: "of another aggregate's store grpc.ts knows the type alone",
      severity: 'error',
      from: { ...layer('grpc'), path: '^services/([^/]+)/src/([^/]+)/grpc\\.ts$' },
      to: { path: '/store\\.ts$', pathNot: '^services/$1/src/$2/store\\.ts$', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'mongo-in-stores-only',
      comment: 'store.ts is the only file that sees the database; service.ts opens the connection',
      severity: 'error',
      from: { path: '^services/[^/]+/src/', pathNot: '^services/gateway/|/(store|service)\\.ts$' },
      to: { path: '^packages/mongo/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'store-below-rpcs',
      comment: 'store.ts knows domain types and the database, not who calls',
      severity: 'error',
      from: layer('store'),
      to: { path: '/(grpc|service|config|metrics)\\.ts$|^packages/authz/' },
    },
    {
      name: 'events-translate',
      comment: 'events.ts: facts ↔ events; domain, contracts and events only',
      severity: 'error',
      from: layer('events'),
      to: { path: '/(grpc|store|service|config)\\.ts$|^packages/(mongo|authz)/' },
    },
    {
      name: 'metrics-count',
      comment: 'metrics.ts holds counters and log lines only',
      severity: 'error',
      from: { path: '^services/[^/]+/src/metrics\\.ts$' },
      to: { path: '^(packages|services)/', pathNot: '^packages/runtime/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)(build|\\.tools|\\.cache|\\.local)/' },
    // Type-only imports count: a layer that needs the types of a higher one knows it.
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    // Development tools are declared once, in the root manifest.
    combinedDependencies: true,
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default', 'types'] },
  },
};
