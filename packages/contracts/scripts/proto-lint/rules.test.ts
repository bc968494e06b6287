import { expectFaults, lint } from './lint-fixture.ts';
import type { Planted } from './lint-fixture.ts';

const getBinding = 'get: "/api/v1/units/{unit_id}/menus/{menu_id}"';
const listAccess = '{ public: true callers: "gateway" }';
const title = '{ required: true min_len: 1 max_len: 80 pattern: "[a-z]+" text: TEXT_LINE }';

describe('limits', () => {
  test.each<Planted>([
    [
      'a string without max_len',
      '[(portal.options.v1.rule) = { max_len: 1000 }]',
      '',
      'ListMenusRequest.page_token: needs max_len',
    ],
    ['a number without bounds', '{ gte: 0 lte: 200 }', '{ gte: 0 }', 'ListMenusRequest.page_size: needs gte and lte'],
    ['a list without max_items', '{ max_len: 80 max_items: 9 }', '{ max_len: 80 }', 'Menu.dishes: needs max_items'],
    [
      'a map without max_items',
      '{ max_items: 9 gte: 0 lte: 100000 }',
      '{ gte: 0 lte: 100000 }',
      'Menu.prices: needs max_items',
    ],
    ['a bound on text', title, '{ max_len: 80 lte: 5 }', 'Menu.title: lte means nothing here'],
    [
      'a length on a number',
      '{ gte: 0 lte: 200 }',
      '{ gte: 0 lte: 200 max_len: 5 }',
      'ListMenusRequest.page_size: max_len means nothing here',
    ],
    [
      'bounds in the wrong order',
      '{ gte: 0 lte: 200 }',
      '{ gte: 201 lte: 200 }',
      'ListMenusRequest.page_size: gte is above lte',
    ],
    ['a broken pattern', title, '{ max_len: 80 pattern: "[a" }', 'Menu.title: pattern is no regular expression'],
    ['a look-ahead', title, '{ max_len: 80 pattern: "(?=a)a" }', 'Menu.title: pattern has a look-around'],
    [
      'a back-reference',
      title,
      '{ max_len: 80 pattern: "(a)\\\\1" }',
      'Menu.title: pattern has a look-around or back-reference',
    ],
    ['an anchored pattern', title, '{ max_len: 80 pattern: "^a" }', 'Menu.title: pattern holds for the whole value'],
  ])('%s is reported', expectFaults);

  test('what a request holds within, however deep', () => {
    const deep =
      'Menu menu = 3;\n  Outer outer = 9;\n}\n// A.\nmessage Outer {\n  Inner inner = 1;\n  Outer outer = 2;\n}\n// B.\nmessage Inner {\n  bytes data = 1;\n}\n// C.\nmessage Rest {';
    expect(lint('Menu menu = 3;', deep)).toEqual(expect.arrayContaining(['Inner.data: needs max_len']));
  });
});

describe('options', () => {
  test.each<Planted>([
    ['a misspelt rule', title, '{ max_len: 80 requried: true }', 'Menu.title: FieldRule has no requried'],
    ['a rule of the wrong type', title, '{ max_len: "80" }', 'Menu.title: max_len cannot be "80"'],
    ['a fraction of a length', title, '{ max_len: 0.5 }', 'Menu.title: max_len cannot be 0.5'],
    ['an unknown form of text', title, '{ max_len: 80 text: TEXT_POEM }', 'Menu.title: text cannot be "TEXT_POEM"'],
    ['a rule given twice', title, '{ max_len: 80 max_len: 90 }', 'Menu.title: max_len is given more than once'],
    [
      'a misspelt access rule',
      listAccess,
      '{ public: true caller: "gateway" }',
      'CanteenService.ListMenus: AccessRule has no caller',
    ],
    ['a misspelt binding', getBinding, `${getBinding} bodi: "*"`, 'CanteenService.GetMenu: HttpRule has no bodi'],
    [
      'an unknown option',
      '(portal.options.v1.rule) = { max_len: 1000 }',
      '(portal.options.v1.rules) = { max_len: 1000 }',
      'ListMenusRequest.page_token: needs max_len',
      'ListMenusRequest.page_token: unknown option (portal.options.v1.rules)',
    ],
  ])('%s is reported', expectFaults);
});

describe('roles', () => {
  test.each<Planted>([
    ['a role without rule', 'ROLE_COOK = 1;', 'ROLE_COOK = 1;\n  ROLE_HEAD = 2;', 'Role: ROLE_HEAD has 0 rules'],
    [
      'a rule without role',
      'name: "ROLE_COOK"',
      'name: "ROLE_CHEF"',
      'Role: ROLE_CHEF is no role',
      'Role: ROLE_COOK has 0 rules',
    ],
    ['a grant of no role', 'may_grant: "ROLE_COOK"', 'may_grant: "ROLE_KING"', 'Role: ROLE_KING is no role'],
    ['taking no role', 'may_grant: "ROLE_COOK"', 'may_take: "ROLE_KING"', 'Role: ROLE_KING is no role'],
    [
      'a role that may do nothing',
      ' permissions: "canteen.menu.read" may_grant',
      ' may_grant',
      'Role: ROLE_COOK may do nothing',
    ],
    ['a role without realm role', ' realm_role: "cook"', '', 'Role: ROLE_COOK has no realm_role'],
  ])('%s is reported', expectFaults);
});
