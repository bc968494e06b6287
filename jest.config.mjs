// One project, ESM, TypeScript and TSX by swc. `TEST_SERVERS` decides where servers come from (packages/testkit).
export default {
  testEnvironment: 'node',
  testMatch: ['<rootDir>/{packages,services,deploy}/**/*.test.ts', '<rootDir>/tests/**/*.test.ts'],
  testPathIgnorePatterns: ['/node_modules/', '/build/', '/.local/', '/.cache/', '/.tools/'],
  modulePathIgnorePatterns: ['/build/', '/.local/', '/.cache/', '/.tools/'],
  extensionsToTreatAsEsm: ['.ts', '.tsx'],
  transform: {
    '\\.tsx?$': [
      '@swc/jest',
      {
        jsc: {
          target: 'es2023',
          parser: { syntax: 'typescript', tsx: true },
          transform: { react: { runtime: 'automatic', importSource: 'preact' } },
        },
        module: { type: 'es6' },
      },
    ],
  },
  globalSetup: '<rootDir>/packages/testkit/src/jest-global-setup.ts',
  globalTeardown: '<rootDir>/packages/testkit/src/jest-global-teardown.ts',
  maxWorkers: 2,
  testTimeout: 30_000,
};
