import { createUnit } from '../src/unit/domain.ts';

test('a unit begins at version 1 under its managing body', () => {
  const now = new Date('2026-09-01T00:00:00Z');
  const command = {
    parentId: 'cangio',
    typeCode: 'TH',
    officialName: 'Trường Tiểu học Bình Khánh',
    shortName: 'TH BK',
  };
  expect(createUnit(command, now, 'thbinhkhanh')).toEqual({
    unit: { ...command, unitId: 'thbinhkhanh', createTime: now, updateTime: now, version: 1 },
    facts: ['created'],
  });
});
