import { Schema } from '@portal/mongo';
import type { Model, Mongo } from '@portal/mongo';

/** A fact that is to be published, or a tombstone. Written with the change that it tells of. */
export interface OutboxRow {
  /** Id of the event. */
  _id: string;
  /** Without prefix. */
  topic: string;
  /** Id of the aggregate. */
  key: string;
  version: number;
  /** Order within the version. */
  n: number;
  type: string;
  /** JSON; null for a tombstone. */
  data: string | null;
  actorId: string;
  requestId?: string;
  time: Date;
  sentAt: Date | null;
  /** How often it was put back: a mark as sent counts only if that did not happen meanwhile. */
  requeues: number;
  /** Since when it is set aside because the brokers refuse it; absent for all others. */
  parkedAt?: Date;
  parkedBecause?: string;
}

const keptSentSeconds = 7 * 24 * 3_600;

const outboxSchema = new Schema(
  {
    _id: { type: String, required: true },
    topic: { type: String, required: true },
    key: { type: String, required: true },
    version: { type: Number, required: true },
    n: { type: Number, required: true },
    type: { type: String, required: true },
    data: { type: String, default: null },
    actorId: { type: String, required: true },
    requestId: { type: String },
    time: { type: Date, required: true },
    sentAt: { type: Date, default: null },
    requeues: { type: Number, default: 0 },
    parkedAt: { type: Date },
    parkedBecause: { type: String },
  },
  { collection: 'outbox', versionKey: false },
);
outboxSchema.index({ sentAt: 1, topic: 1, key: 1, version: 1, n: 1 }, { name: 'unsent' });
outboxSchema.index({ topic: 1, key: 1, version: 1, n: 1 }, { name: 'of_aggregate', unique: true });
outboxSchema.index({ parkedAt: 1 }, { name: 'parked', partialFilterExpression: { parkedAt: { $exists: true } } });
outboxSchema.index({ sentAt: 1 }, { name: 'forget_sent', expireAfterSeconds: keptSentSeconds });

export function outboxModel(mongo: Mongo): Model<OutboxRow> {
  return mongo.model<OutboxRow>('Outbox', outboxSchema);
}
