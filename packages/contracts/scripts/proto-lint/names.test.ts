import { expectFaults, lint } from './lint-fixture.ts';
import type { Planted } from './lint-fixture.ts';

const cookRule = 'rpc CookMenu(CookMenuRequest) returns (CookMenuResponse)';

describe('names', () => {
  test.each<Planted>([
    [
      'a service with another name',
      'service CanteenService',
      'service Canteen',
      'Canteen: must be called CanteenService',
    ],
    [
      'an rpc in camelCase',
      'rpc CookMenu(',
      'rpc cookMenu(',
      'CanteenService.cookMenu: must be PascalCase',
      'CanteenService.cookMenu: must return',
      'CanteenService.cookMenu: must take',
    ],
    ['an rpc without comment', '  // Cooks.\n', '', 'CanteenService.CookMenu: needs a comment'],
    [
      'a shared request',
      cookRule,
      'rpc CookMenu(GetMenuRequest) returns (CookMenuResponse)',
      'CanteenService.CookMenu: must take CookMenuRequest',
    ],
    [
      'a resource as response',
      cookRule,
      'rpc CookMenu(CookMenuRequest) returns (Menu)',
      'CanteenService.CookMenu: must return CookMenuResponse',
    ],
    [
      'a resource that is not field 1',
      'message GetMenuResponse {\n  Menu menu = 1;',
      'message GetMenuResponse {\n  Menu menu = 2;',
      'GetMenuResponse: field 1 must be the resource',
    ],
    [
      'a resource in a list',
      'message GetMenuResponse {\n  Menu',
      'message GetMenuResponse {\n  repeated Menu',
      'GetMenuResponse: field 1 must be the resource',
    ],
    [
      'a list without list',
      'repeated Menu menus',
      'Menu menus',
      'ListMenusResponse: field 1 must be the list of resources',
    ],
    [
      'a page without next page',
      '  string next_page_token = 2;\n',
      '',
      'CanteenService.ListMenus: page_size, page_token and next_page_token go together',
    ],
    [
      'a message in capitals',
      'enum MenuKind {\n  MENU_KIND_UNSPECIFIED = 0;\n',
      'message HTMLPage {}\nenum MenuKind {\n  MENU_KIND_UNSPECIFIED = 0;\n',
      'HTMLPage: must be PascalCase',
      'MenuKind: needs a comment',
    ],
    ['a message without comment', '// What there is to eat.\n', '', 'Menu: needs a comment'],
    ['a field in camelCase', 'Date day = 4', 'Date dayOfMenu = 4', 'Menu.dayOfMenu: must be lower_snake_case'],
    ['a field in capitals', 'Date day = 4', 'Date DAY = 4', 'Menu.DAY: must be lower_snake_case'],
    ['a field of every object', 'Date day = 4', 'Date to_string = 4', 'Menu.to_string: is called toString'],
    ['a constructor', 'Date day = 4', 'Date constructor = 4', 'Menu.constructor: is called constructor'],
    ['a map by bool', 'map<string, int32>', 'map<bool, int32>', 'Menu.prices: the keys of a map'],
    ['a map by int64', 'map<string, int32>', 'map<int64, int32>', 'Menu.prices: the keys of a map'],
    [
      'a type without JSON form',
      'google.type.Date day',
      'google.protobuf.Any day',
      'Menu.day: google.protobuf.Any has no JSON form',
    ],
    [
      'an enum value without prefix',
      'MENU_KIND_WARM',
      'WARM',
      'MenuKind: WARM must be UPPER_SNAKE_CASE and begin with MENU_KIND_',
    ],
    ['an enum value in lower case', 'MENU_KIND_WARM', 'MENU_KIND_warm', 'MenuKind: MENU_KIND_warm must be'],
    [
      'an enum without zero',
      'MENU_KIND_UNSPECIFIED = 0',
      'MENU_KIND_NONE = 0',
      'MenuKind: 0 must be MENU_KIND_UNSPECIFIED',
    ],
    ['an enum without comment', '// How a menu is served.\n', '', 'MenuKind: needs a comment'],
  ])('%s is reported', expectFaults);

  test('a package that is not that of the folder', () => {
    const moved = 'syntax = "proto3"; package portal.kitchen.v1;\n// A.\nmessage Moved {}';
    expect(lint('', '', { 'portal/canteen/v1/canteen_events.proto': moved.replace('Moved', 'MovedEvent') })).toEqual([
      expect.stringContaining('portal.kitchen.v1.MovedEvent: must be in the package of its folder, portal.canteen.v1'),
    ]);
  });

  test('a file in the wrong place, and in a file of events what is no event', () => {
    const stray = 'syntax = "proto3"; package portal.canteen.v1;\n// A.\nmessage Stray {}';
    expect(lint('', '', { 'portal/canteen/v1/stray.proto': stray })).toEqual([
      expect.stringContaining('stray.proto portal.canteen.v1.Stray: belongs in portal/<service>/v<n>/<service>.proto'),
    ]);
    expect(
      lint('', '', { 'portal/canteen/v1/stray.proto': '', 'portal/canteen/v1/canteen_events.proto': stray }),
    ).toEqual([expect.stringContaining('canteen_events.proto portal.canteen.v1.Stray: a file of events holds')]);
  });
});
