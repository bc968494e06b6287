import type { IHeaders, KafkaMessage, Message } from 'kafkajs';
import type { OutboxRow } from './outbox.ts';
import type { Event, JsonObject } from './types.ts';

/**
 * An event on the wire: key = aggregate id, value = the event message as JSON (null for a tombstone), headers =
 * CloudEvents in binary mode with two extensions, `version` (of the aggregate) and `actor`.
 * See the Kafka protocol binding of CloudEvents 1.0, section 3.2.
 */
export function toMessage(row: OutboxRow, service: string): Message & { key: string } {
  const headers: IHeaders = {
    ce_specversion: '1.0',
    ce_id: row._id,
    ce_source: `/portal/${service}`,
    ce_type: row.type,
    ce_subject: row.key,
    ce_time: row.time.toISOString(),
    ce_version: String(row.version),
    ce_actor: row.actorId,
    'content-type': 'application/json',
  };
  return { key: row.key, value: row.data, headers };
}

/** What is read of a message: `json` is the data as it came. */
export interface ReadEvent {
  event: Event;
  json: string | null;
}

/** Throws an Error that says what is missing. `topic` goes without prefix. */
export function readEvent(
  topic: string,
  { key, value, headers }: Pick<KafkaMessage, 'key' | 'value' | 'headers'>,
): ReadEvent {
  const header = (name: string): string => {
    const found = headers?.[name];
    if (found === undefined) throw new Error(`message without ${name}`);
    return found.toString();
  };
  if (key === null) throw new Error('message without key');
  const version = Number(header('ce_version'));
  if (!Number.isSafeInteger(version) || version < 1) throw new Error(`version ${header('ce_version')}`);
  const json = value === null ? null : value.toString();
  const event = {
    id: header('ce_id'),
    type: header('ce_type'),
    topic,
    key: key.toString(),
    version,
    time: new Date(header('ce_time')),
    actorId: header('ce_actor'),
    data: json === null ? null : (JSON.parse(json) as JsonObject),
  };
  return { event, json };
}
