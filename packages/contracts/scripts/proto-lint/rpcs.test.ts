import { expectFaults } from './lint-fixture.ts';
import type { Planted } from './lint-fixture.ts';

const getBinding = 'get: "/api/v1/units/{unit_id}/menus/{menu_id}"';
const getAccess = '{ permission: "canteen.menu.read" unit_field: "unit_id" }';
const listAccess = '{ public: true callers: "gateway" }';

describe('access rules', () => {
  test.each<Planted>([
    [
      'an rpc without access rule',
      `    option (portal.options.v1.access) = ${getAccess};\n`,
      '',
      'CanteenService.GetMenu: needs one (portal.options.v1.access)',
    ],
    ['two ways in', listAccess, '{ public: true signed_in: true }', 'CanteenService.ListMenus: needs exactly one of'],
    ['no way in', listAccess, '{ callers: "gateway" }', 'CanteenService.ListMenus: needs exactly one of'],
    ['public: false', listAccess, '{ public: false }', 'CanteenService.ListMenus: needs exactly one of'],
    [
      'a permission of another service',
      getAccess,
      '{ permission: "content.menu.read" unit_field: "unit_id" }',
      'CanteenService.GetMenu: permission must be canteen.<what>.<action>',
    ],
    [
      'a permission in two parts',
      getAccess,
      '{ permission: "canteen.read" unit_field: "unit_id" }',
      'CanteenService.GetMenu: permission must be canteen.<what>.<action>',
    ],
    [
      'a permission on nothing',
      getAccess,
      '{ permission: "canteen.menu.read" }',
      'CanteenService.GetMenu: a permission needs the unit_field',
    ],
    [
      'a unit field that is not there',
      getAccess,
      '{ permission: "canteen.menu.read" unit_field: "unitId" }',
      'CanteenService.GetMenu: unit_field unitId must be',
    ],
    [
      'a unit field of every object',
      getAccess,
      '{ permission: "canteen.menu.read" unit_field: "constructor" }',
      'CanteenService.GetMenu: unit_field constructor must be',
    ],
    [
      'a caller that is no service',
      listAccess,
      '{ public: true callers: "The Gateway" }',
      'CanteenService.ListMenus: caller The Gateway',
    ],
  ])('%s is reported', expectFaults);
});

describe('HTTP bindings', () => {
  test.each<Planted>([
    [
      'a path field that is not there',
      getBinding,
      'get: "/api/v1/units/{unit_id}/menus/{id}"',
      'CanteenService.GetMenu: {id} is no field of the request',
    ],
    [
      'a path field that is a message',
      'post: "/api/v1/units/{unit_id}/menus/{menu_id}:cook" body: "*"',
      'put: "/api/v1/menus/{menu}" body: "*"',
      'CanteenService.CookMenu: {menu} is no field of the request',
    ],
    [
      'a path outside the API',
      getBinding,
      'get: "/menus/{menu_id}"',
      'CanteenService.GetMenu: /menus/{menu_id} must be /api/v1/',
    ],
    [
      'a path in capitals',
      getBinding,
      'get: "/api/v1/Menus/{menu_id}"',
      'CanteenService.GetMenu: /api/v1/Menus/{menu_id} must be',
    ],
    [
      'a path taken',
      '/api/v1/menus/{menu_id}',
      '/api/v1/units/{menu_id}/menus/{unit_id}',
      'CanteenService.GetMenu: /api/v1/units/{menu_id}/menus/{unit_id} is the path of GetMenu already',
    ],
    [
      'a second http option',
      '    };\n    option (portal',
      '    };\n    option (google.api.http) = { get: "/api/v1/other" };\n    option (portal',
      'CanteenService.GetMenu: further HTTP bindings are additional_bindings',
    ],
    ['post without body', ':cook" body: "*"', ':cook"', 'CanteenService.CookMenu: post needs body'],
    ['get with body', getBinding, `${getBinding} body: "*"`, 'CanteenService.GetMenu: get has no body'],
    [
      'a body that is not there',
      'body: "menu"',
      'body: "dish"',
      'CanteenService.UpdateMenu: body dish must be a message',
      'CanteenService.UpdateMenu: menu does not fit into a query',
    ],
    [
      'patch without mask',
      '  google.protobuf.FieldMask update_mask = 4;\n',
      '',
      'CanteenService.UpdateMenu: patch needs google.protobuf.FieldMask',
    ],
    [
      'a message in a query',
      'google.protobuf.Timestamp since',
      'Menu since',
      'CanteenService.ListMenus: since does not fit into a query',
    ],
    ['no method', getBinding, 'body: "*"', 'CanteenService.GetMenu: an HTTP binding needs'],
  ])('%s is reported', expectFaults);
});
