import { bindHost } from '../src/domain-binding/domain.ts';
import type { DomainBinding } from '../src/domain-binding/domain.ts';

const now = new Date('2026-09-01T00:00:00Z');
const binding = (host: string, unitId: string, canonical: boolean): DomainBinding => ({
  host,
  unitId,
  canonical,
  createTime: now,
  version: 1,
});
const first = binding('thbinhkhanh.cangio.hcm.localhost', 'u1', true);

test.each([
  ['the first host of a unit is its canonical one', [], true],
  ['a further host redirects to the canonical one', [first], false],
])('%s', (_name, ofUnit, canonical) => {
  const command = { host: 'thbinhkhanh.hcm.localhost', unitId: 'u1' };
  expect(bindHost(command, { holder: undefined, ofUnit }, now)).toEqual({
    binding: binding('thbinhkhanh.hcm.localhost', 'u1', canonical),
    facts: ['bound'],
  });
});

test.each([
  ['of another unit', 'u2'],
  ['of the unit itself', 'u1'],
])('a host %s is not given again', (_name, unitId) => {
  expect(() => bindHost({ host: first.host, unitId }, { holder: first, ofUnit: [] }, now)).toThrow(
    expect.objectContaining({ kind: 'ALREADY_EXISTS', reason: 'HOST_TAKEN', metadata: { host: first.host } }),
  );
});

test.each([
  ['quantri.hcm.localhost', 'HOST_RESERVED'],
  ['dangnhap.cangio.hcm.localhost', 'HOST_RESERVED'],
  ['www.thbinhkhanh.edu.vn', 'HOST_RESERVED'],
  ['127.0.0.1', 'HOST_NUMERIC'],
  ['truong.1', 'HOST_NUMERIC'],
  ['304.cangio.hcm.localhost', 'HOST_NUMERIC'],
])('%s is refused as %s', (host, reason) => {
  expect(() => bindHost({ host, unitId: 'u1' }, { holder: undefined, ofUnit: [] }, now)).toThrow(
    expect.objectContaining({
      kind: 'INVALID_ARGUMENT',
      reason,
      violations: [expect.objectContaining({ field: 'host', reason })],
    }),
  );
});

test.each(['mn304.cangio.hcm.localhost', 'cangio.hcm.localhost', 'wwwtruong.hcm.localhost', 'xn--trng-tqa.edu.vn'])(
  '%s may be bound',
  (host) => {
    expect(() => bindHost({ host, unitId: 'u1' }, { holder: undefined, ofUnit: [] }, now)).not.toThrow();
  },
);
