import { aborted } from '@portal/errors';
import { Schema, mapMongoError } from '@portal/mongo';
import type { ClientSession, Model, Mongo } from '@portal/mongo';

interface InboxEntry {
  _id: string;
  seenAt: Date;
}

/**
 * How long an event is remembered. Longer than Kafka keeps the offsets of a group that is away (7 days): after that the
 * group reads from the beginning.
 */
const rememberedSeconds = 30 * 24 * 3_600;

const inboxSchema = new Schema(
  { _id: { type: String, required: true }, seenAt: { type: Date, required: true } },
  { collection: 'inbox', versionKey: false },
);
inboxSchema.index({ seenAt: 1 }, { name: 'forget_seen', expireAfterSeconds: rememberedSeconds });

export interface Inbox {
  /**
   * Within the transaction of an effect: false when the effect was done before. Of two that ask at once one is thrown
   * back (a write conflict, or ABORTED `WRITE_CONFLICT`) and gets false when it asks again.
   */
  enter(id: string, session: ClientSession): Promise<boolean>;
}

export function createInbox(mongo: Mongo): Inbox {
  const model: Model<InboxEntry> = mongo.model<InboxEntry>('Inbox', inboxSchema);
  return {
    async enter(id, session) {
      if ((await model.exists({ _id: id }).session(session)) !== null) return false;
      try {
        await model.collection.insertOne({ _id: id as never, seenAt: new Date() }, { session });
      } catch (error) {
        if (mapMongoError(error).reason === 'DUPLICATE') throw aborted('WRITE_CONFLICT', { cause: error });
        throw error;
      }
      return true;
    },
  };
}
