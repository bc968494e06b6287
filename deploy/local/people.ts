import { createHmac } from 'node:crypto';
import type { Person } from './keycloak-people.ts';
import type { SignInPerson } from './keycloak-sessions.ts';
import type { Secrets } from './secrets.ts';

/** Someone of the demo data; all names are invented. */
export interface DemoPerson extends Person {
  /** Who this is, for the list that `make up` prints. */
  task: string;
}

function person(username: string, familyAndMiddleName: string, givenName: string, task: string): DemoPerson {
  return { username, familyAndMiddleName, givenName, task, email: `${username}@portal.example` };
}

/** The first operator of the platform: identity gives this person the operator's grant at its first start. */
export const operatorUsername = 'operator';

export const demoPeople: readonly DemoPerson[] = [
  person(operatorUsername, 'Nguyễn Hoàng', 'Minh', 'Vận hành nền tảng'),
  person('root.sogddt', 'Trần Thị Thu', 'Hà', 'Tài khoản quản trị, Sở Giáo dục và Đào tạo Thành phố Hồ Chí Minh'),
  person('root.cangio', 'Lê Quốc', 'Bảo', 'Tài khoản quản trị, Phòng Giáo dục và Đào tạo huyện Cần Giờ'),
  person('root.thbinhkhanh', 'Phạm Thị Ngọc', 'Lan', 'Tài khoản quản trị, Trường Tiểu học Bình Khánh'),
  person('truongban.thbinhkhanh', 'Võ Thanh', 'Tùng', 'Trưởng ban Biên tập, Trường Tiểu học Bình Khánh'),
  person('bientap.thbinhkhanh', 'Đặng Thị Mỹ', 'Duyên', 'Biên tập viên, Trường Tiểu học Bình Khánh'),
];

/** What a demo person signs in with: the stack's demo password and a second factor of the person's own. */
export function demoSignIn(secrets: Secrets, username: string): Required<SignInPerson> {
  const totpKey = createHmac('sha256', secrets.demoTotpSeed).update(username).digest('base64url').slice(0, 32);
  return { username, password: secrets.demoPassword, totpKey };
}
