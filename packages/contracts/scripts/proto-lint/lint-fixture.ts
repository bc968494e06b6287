import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { protoDirectory } from '../../src/root.ts';
import { lintProtos } from './lint.ts';

const good = `syntax = "proto3";

package portal.canteen.v1;

import "google/api/annotations.proto";
import "google/protobuf/any.proto";
import "google/protobuf/field_mask.proto";
import "google/protobuf/timestamp.proto";
import "google/type/date.proto";
import "portal/options/v1/options.proto";

service CanteenService {
  // Gets a menu.
  rpc GetMenu(GetMenuRequest) returns (GetMenuResponse) {
    option (google.api.http) = {
      get: "/api/v1/units/{unit_id}/menus/{menu_id}"
      additional_bindings { get: "/api/v1/menus/{menu_id}" }
    };
    option (portal.options.v1.access) = { permission: "canteen.menu.read" unit_field: "unit_id" };
  }

  // Lists menus.
  rpc ListMenus(ListMenusRequest) returns (ListMenusResponse) {
    option (google.api.http) = { get: "/api/v1/units/{unit_id}/menus" };
    option (portal.options.v1.access) = { public: true callers: "gateway" };
  }

  // Changes a menu.
  rpc UpdateMenu(UpdateMenuRequest) returns (UpdateMenuResponse) {
    option (google.api.http) = { patch: "/api/v1/units/{unit_id}/menus/{menu_id}" body: "menu" };
    option (portal.options.v1.access) = { permission: "canteen.menu.write" unit_field: "unit_id" };
  }

  // Cooks.
  rpc CookMenu(CookMenuRequest) returns (CookMenuResponse) {
    option (google.api.http) = { post: "/api/v1/units/{unit_id}/menus/{menu_id}:cook" body: "*" };
    option (portal.options.v1.access) = { signed_in: true };
  }
}

// How a menu is served.
enum MenuKind {
  MENU_KIND_UNSPECIFIED = 0;
  MENU_KIND_WARM = 1;
}

// Who may do what.
enum Role {
  option (portal.options.v1.role) = { name: "ROLE_COOK" realm_role: "cook" permissions: "canteen.menu.read" may_grant: "ROLE_COOK" };
  ROLE_UNSPECIFIED = 0;
  ROLE_COOK = 1;
}

// What there is to eat.
message Menu {
  string title = 1 [(portal.options.v1.rule) = { required: true min_len: 1 max_len: 80 pattern: "[a-z]+" text: TEXT_LINE }];
  repeated string dishes = 2 [(portal.options.v1.rule) = { max_len: 80 max_items: 9 }];
  map<string, int32> prices = 3 [(portal.options.v1.rule) = { max_items: 9 gte: 0 lte: 100000 }];
  google.type.Date day = 4;
}

message GetMenuRequest {
  string unit_id = 1 [(portal.options.v1.rule) = { required: true max_len: 64 }];
  string menu_id = 2 [(portal.options.v1.rule) = { required: true max_len: 64 }];
}
message GetMenuResponse {
  Menu menu = 1;
}

message ListMenusRequest {
  string unit_id = 1 [(portal.options.v1.rule) = { required: true max_len: 64 }];
  int32 page_size = 2 [(portal.options.v1.rule) = { gte: 0 lte: 200 }];
  string page_token = 3 [(portal.options.v1.rule) = { max_len: 1000 }];
  google.protobuf.Timestamp since = 4;
}
message ListMenusResponse {
  repeated Menu menus = 1;
  string next_page_token = 2;
}

message UpdateMenuRequest {
  string unit_id = 1 [(portal.options.v1.rule) = { required: true max_len: 64 }];
  string menu_id = 2 [(portal.options.v1.rule) = { required: true max_len: 64 }];
  Menu menu = 3;
  google.protobuf.FieldMask update_mask = 4;
}
message UpdateMenuResponse {
  Menu menu = 1;
}

message CookMenuRequest {
  string unit_id = 1 [(portal.options.v1.rule) = { required: true max_len: 64 }];
  string menu_id = 2 [(portal.options.v1.rule) = { required: true max_len: 64 }];
  MenuKind kind = 3 [(portal.options.v1.rule) = { required: true }];
}
message CookMenuResponse {}
`;

const goodEvents = `syntax = "proto3";
package portal.canteen.v1;
import "portal/canteen/v1/canteen.proto";
// Topic portal.canteen.menu.v1.
message MenuEvent {
  Menu menu = 1;
}
`;

/** The faults of the good files with the first occurrence of a text replaced. */
export function lint(from = '', to = '', files: Record<string, string> = {}): string[] {
  if (!good.includes(from)) throw new Error(`not in the file: ${from}`);
  const folder = mkdtempSync(path.join(os.tmpdir(), 'proto-lint-'));
  const all = {
    'portal/canteen/v1/canteen.proto': good.replace(from, () => to),
    'portal/canteen/v1/canteen_events.proto': goodEvents,
    ...files,
  };
  try {
    for (const [name, text] of Object.entries(all)) {
      mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
      writeFileSync(path.join(folder, name), text);
    }
    return lintProtos(folder, [protoDirectory]).map((fault) =>
      fault.replace('portal/canteen/v1/canteen.proto portal.canteen.v1.', ''),
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
}

export type Planted = [name: string, from: string, to: string, ...faults: string[]];

/** Plants each fault into the good files and expects exactly the faults given, by their beginnings. */
export function expectFaults(_: string, from: string, to: string, ...faults: string[]): void {
  expect(lint(from, to).map((fault, index) => fault.slice(0, faults[index]?.length))).toEqual(faults);
}
