import protobuf from 'protobufjs';
import { asRecord, damaged } from '../checks.js';
import { messagesIn } from '../otlp/messages.js';
import { profilesDataType, type Layout } from './descriptor.js';
import { OtlpProfiles } from './read.js';

/**
 * OTLP profiles as protobuf: one message, or messages each behind its length, as the collector's file exporter writes them. Null when
 * it is neither.
 *
 * @throws UserError for profiles of a version that is not read, and for damaged ones
 */
export function decodeProfiles(file: string, bytes: Uint8Array): OtlpProfiles | null {
  const { messages, isCut } = messagesIn(bytes);
  const profiles = new OtlpProfiles(file, isCut);
  for (const message of messages) {
    const document = decoded(file, message);
    // Any bytes may decode as a message without its fields: a table of strings that begins with none does not come by chance.
    if (!profiles.addDocument(document)) return null;
  }
  return profiles;
}

function decoded(file: string, message: Uint8Array): unknown {
  const layout = layoutOf(message);
  if (layout === null) return null;
  if (layout === 'older')
    throw damaged(file, 'these OTLP profiles are of a version before 1.8 of the protocol, whose samples are laid out differently');
  if (layout !== 'either') return attempt(layout, message);
  // Nothing in the samples tells which: then attributes that are not in the table do.
  const now = attempt('now', message);
  return now !== null && attributesExist(now) ? now : attempt('before', message);
}

function attempt(layout: Layout, message: Uint8Array): unknown {
  try {
    const type = profilesDataType(layout);
    return type.toObject(type.decode(message), { longs: String });
  } catch {
    return null;
  }
}

/** The fields of a message that are messages, by the way down to the samples of profiles. */
const WAY_TO_SAMPLES = [1, 2, 2, 2];
const LENGTH_DELIMITED = 2;
const VARINT = 0;

/**
 * Tells the layouts apart by which fields of samples are numbers and which are lists: a version is written nowhere. Null for what
 * has no samples.
 */
function layoutOf(message: Uint8Array): Layout | 'older' | 'either' | null {
  const seen = new Set<string>();
  try {
    collectFields(protobuf.Reader.create(message), WAY_TO_SAMPLES, seen);
  } catch {
    return null;
  }
  if (seen.size === 0) return null;
  const has = (id: number, wireType: number): boolean => seen.has(`${id}:${wireType}`);
  if (has(2, VARINT)) return 'older';
  const now = has(3, VARINT) || has(4, LENGTH_DELIMITED);
  const before = has(3, LENGTH_DELIMITED) || has(4, VARINT);
  if (now && before) return null;
  if (now || before) return now ? 'now' : 'before';
  // Values or moments there must be: without moments the one list is of values.
  return has(5, LENGTH_DELIMITED) ? 'either' : 'before';
}

function collectFields(reader: protobuf.Reader, [next, ...below]: readonly number[], seen: Set<string>): void {
  while (reader.pos < reader.len) {
    const tag = reader.uint32();
    const [id, wireType] = [tag >>> 3, tag & 7];
    if (next === undefined) seen.add(`${id}:${wireType}`);
    if (id === next && wireType === LENGTH_DELIMITED) collectFields(protobuf.Reader.create(reader.bytes()), below, seen);
    else reader.skipType(wireType);
  }
}

function attributesExist(document: unknown): boolean {
  const list = (value: unknown, name: string): readonly unknown[] => (asRecord(value)?.[name] ?? []) as readonly unknown[];
  const known = list(asRecord(document)?.['dictionary'], 'attributeTable').length;
  return list(document, 'resourceProfiles')
    .flatMap((resource) => list(resource, 'scopeProfiles'))
    .flatMap((scope) => list(scope, 'profiles'))
    .flatMap((profile) => list(profile, 'samples'))
    .flatMap((sample) => list(sample, 'attributeIndices'))
    .every((index) => Number(index) > 0 && Number(index) < known);
}
