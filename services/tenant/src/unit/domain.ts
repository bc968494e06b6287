/** A department, an office, a school: any body of the sector. */
export interface Unit {
  readonly unitId: string;
  /** The managing body; empty directly under the platform. */
  readonly parentId: string;
  readonly typeCode: string;
  readonly officialName: string;
  readonly shortName: string;
  readonly createTime: Date;
  readonly updateTime: Date;
  /** Number of this state: 1 for the first, one more with every decision. */
  readonly version: number;
}

export type UnitFact = 'created';

export interface UnitDecision {
  readonly unit: Unit;
  readonly facts: readonly UnitFact[];
}

export interface CreateUnit {
  readonly parentId: string;
  readonly typeCode: string;
  readonly officialName: string;
  readonly shortName: string;
}

/** The caller has made sure that the parent exists. It stays the parent for good, so no cycle can come about. */
export function createUnit(command: CreateUnit, now: Date, unitId: string): UnitDecision {
  const { parentId, typeCode, officialName, shortName } = command;
  return {
    unit: { unitId, parentId, typeCode, officialName, shortName, createTime: now, updateTime: now, version: 1 },
    facts: ['created'],
  };
}
