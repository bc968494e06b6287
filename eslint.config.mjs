import { defineConfig, globalIgnores } from 'eslint/config';
import tseslint from 'typescript-eslint';

// What a tool can check beyond types. Layers between files are the business of .dependency-cruiser.cjs, form is
// prettier's. Every relaxation of the strict set says why it is one.

const tests = ['**/test/**', 'tests/**', 'packages/testkit/src/**'];
const tools = ['deploy/**', 'scripts/**', '**/scripts/**'];

/** Libraries that one package hides, so that replacing one touches one folder. */
const hidden = { kafkajs: 'events', mongoose: 'mongo', jose: 'authz' };

/** @param {string[]} except names of `hidden` that the files at hand may import */
const onlyThrough = (...except) => [
  'error',
  {
    paths: Object.entries(hidden)
      .filter(([name]) => !except.includes(name))
      .map(([name, owner]) => ({ name, message: `only packages/${owner} knows ${name}` })),
    patterns: [{ regex: '^(mongodb|bson)(/|$)', message: 'what of the driver is needed, @portal/mongo exports' }],
  },
];

const defaultExport = {
  selector: 'ExportDefaultDeclaration, ExportSpecifier[exported.name="default"]',
  message: 'named exports only: a name is the same wherever it is used',
};
const wildcardExport = {
  selector: 'ExportAllDeclaration',
  message: 'an index names what it exports: an API must not grow by accident',
};
const classHierarchy = {
  selector: 'ClassDeclaration[superClass!=null]:not([superClass.name=/Error$/])',
  message: 'classes are for things with a lifecycle, and none of them inherits',
};
const skippedTest = {
  selector: 'MemberExpression[object.name=/^(test|it|describe)$/][property.name=/^(only|skip|todo)$/]',
  message: 'a test runs or is deleted',
};
const environment = [
  { object: 'process', property: 'env', message: 'read the environment in config.ts, through loadConfig' },
];

export default defineConfig(
  globalIgnores(['**/node_modules/', '**/build/', '**/gen/', '**/coverage/', '.tools/', '.cache/', '.local/']),
  {
    files: ['**/*.{ts,tsx}'],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      // `== null` asks for null and undefined at once.
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'no-console': 'error',
      'object-shorthand': 'error',
      'max-lines': ['error', { max: 300, skipBlankLines: true, skipComments: true }],
      'no-restricted-imports': onlyThrough(),
      'no-restricted-properties': ['error', ...environment],
      'no-restricted-syntax': ['error', defaultExport, wildcardExport, classHierarchy, skippedTest],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/consistent-type-exports': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      // An async function without await still turns a throw into a rejection, which is what its callers handle.
      '@typescript-eslint/require-await': 'off',
      // Numbers and booleans print as they are read.
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      // `() => server.close()` says what it does; braces around it would not say more.
      '@typescript-eslint/no-confusing-void-expression': [
        'error',
        { ignoreArrowShorthand: true, ignoreVoidOperator: true },
      ],
      // `for (;;)` and `while (true)` are how a loop that ends inside is written.
      '@typescript-eslint/no-unnecessary-condition': [
        'error',
        { allowConstantLoopConditions: 'only-allowed-literals' },
      ],
      // What an interface hands over and nobody needs is named `_`; `{ a, ...rest }` leaves out `a` on purpose.
      '@typescript-eslint/no-unused-vars': [
        'error',
        {
          argsIgnorePattern: '^_',
          varsIgnorePattern: '^_',
          destructuredArrayIgnorePattern: '^_',
          ignoreRestSiblings: true,
          caughtErrors: 'none',
        },
      ],
      // `[...text]` is how code points are counted, and counting code points is what we do with text.
      '@typescript-eslint/no-misused-spread': 'off',
      // A type parameter that appears once can still name what a caller asks for.
      '@typescript-eslint/no-unnecessary-type-parameters': 'off',
      // Things come from factory functions, whose methods close over their state and do not know `this`.
      '@typescript-eslint/unbound-method': 'off',
      // `Promise.withResolvers<void>()`.
      '@typescript-eslint/no-invalid-void-type': 'off',
      // Plain objects in the shape of a library's class (mongoose, protobufjs) are what these libraries take.
      '@typescript-eslint/no-unsafe-class-instance-assignment': 'off',
    },
  },
  { files: ['packages/mongo/**'], rules: { 'no-restricted-imports': onlyThrough('mongoose') } },
  { files: ['packages/events/**'], rules: { 'no-restricted-imports': onlyThrough('kafkajs') } },
  { files: ['packages/authz/**', 'packages/testkit/**'], rules: { 'no-restricted-imports': onlyThrough('jose') } },
  { files: ['**/src/config.ts'], rules: { 'no-restricted-properties': 'off' } },
  {
    files: [...tests, ...tools],
    rules: {
      'no-restricted-properties': 'off',
      // What a command line prints is its purpose; a test's helper speaks to the person who runs it.
      'no-console': 'off',
    },
  },
  {
    files: tests,
    rules: {
      // A table of cases is long and simple.
      'max-lines': ['error', { max: 600, skipBlankLines: true, skipComments: true }],
      // Answers of servers and what matchers return are `any` until the expectation on them says what they are.
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
      // A missing value fails the test either way, and `!` says so shortest.
      '@typescript-eslint/no-non-null-assertion': 'off',
      // Tests throw what no code of ours would, to see what happens.
      '@typescript-eslint/only-throw-error': 'off',
      '@typescript-eslint/prefer-promise-reject-errors': 'off',
    },
  },
  {
    // Jest takes these by their default export.
    files: ['**/jest-global-*.ts'],
    rules: { 'no-restricted-syntax': ['error', wildcardExport, classHierarchy, skippedTest] },
  },
);
