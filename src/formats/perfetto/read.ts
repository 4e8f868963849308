import type { ForeignProfile } from '../../model/foreign.js';
import { ChromeTrace } from '../chrome-trace/read.js';
import { damaged } from '../checks.js';
import { decodePacket, type LegacyEvent, type Packet, type Packets, type TrackEvent } from './packets.js';
import { Clocks, Sequence } from './times.js';
import { Tracks } from './tracks.js';

/** Phases of Chrome's events, by the type of an event. */
const PHASES = ['', 'B', 'E', 'i', 'C'] as const;

/** Nanoseconds since the first event. */
interface Told {
  readonly event: TrackEvent;
  readonly track: string;
  readonly name: string | undefined;
  readonly category: string | undefined;
  readonly nanos: bigint;
}

/**
 * A trace of Perfetto: its track events, as the events of Chrome's JSON that they are made to replace. What other sources (the
 * kernel's ftrace, samples of stacks) put beside them is counted in a note.
 *
 * @throws UserError when no track event in it takes time
 */
export function readPerfetto(file: string, { packets, others }: Packets): readonly ForeignProfile[] {
  const tracks = new Tracks();
  const trace = new ChromeTrace(file);
  const told = eventsOf(file, packets, tracks);
  for (const meta of tracks.names()) trace.add(meta);
  const first = told[0]?.nanos ?? 0n;
  for (const each of told) trace.add({ ...chromeEvent(each, tracks), ts: Number(each.nanos - first) / 1000 });
  const left = [...others].map(([what, count]) => `${count} of ${what}`).join(', ');
  const note = left === '' ? [] : [`Left out: packets of other sources (${left}).`];
  if (told.length === 0)
    throw damaged(file, `this trace of Perfetto holds no track events${left === '' ? '' : `, but ${left}, which are not read`}`);
  return trace
    .finish()
    .map((profile, i) => ({ ...profile, format: 'perfetto', notes: i === 0 ? [...profile.notes, ...note] : profile.notes }));
}

function eventsOf(file: string, packets: readonly Uint8Array[], tracks: Tracks): readonly Told[] {
  const sequences = new Map<number, Sequence>();
  const clocks = new Clocks();
  const told: Told[] = [];
  packets.forEach((bytes, i) => {
    const packet = decoded(file, bytes, i);
    const id = packet.sequence ?? 0;
    const sequence = sequences.get(id) ?? new Sequence();
    sequences.set(id, sequence);
    sequence.take(packet);
    if (packet.track !== undefined) tracks.add(packet.track);
    if (packet.snapshot !== undefined) clocks.take(sequence, id, packet.snapshot.clocks);
    const nanos = clocks.nanosOf(sequence, id, packet);
    const { event } = packet;
    if (event === undefined || nanos === undefined) return;
    told.push({
      event,
      track: event.track ?? sequence.track ?? '0',
      name: event.name ?? sequence.name(event.nameId ?? event.legacy?.nameId),
      category: [...event.categories, ...event.categoryIds.flatMap((each) => sequence.category(each) ?? [])][0],
      nanos,
    });
  });
  return told;
}

function decoded(file: string, bytes: Uint8Array, index: number): Packet {
  try {
    return decodePacket(bytes);
  } catch {
    throw damaged(file, `packet[${index}] of this trace of Perfetto is damaged`);
  }
}

function chromeEvent({ event, track, name, category }: Told, tracks: Tracks): Readonly<Record<string, unknown>> {
  const { legacy } = event;
  const phase = event.type === undefined ? String.fromCharCode(legacy?.phase ?? 0) : (PHASES[event.type] ?? '');
  const named = { ...(name === undefined ? {} : { name }), ...(category === undefined ? {} : { cat: category }) };
  if (event.type === undefined && legacy !== undefined) return { ph: phase, ...named, ...tracks.thread(track), ...legacyFields(legacy) };
  return { ...named, ...tracks.place(track, phase) };
}

function legacyFields({ durationMicros, unscopedId, localId, globalId, scope }: LegacyEvent): Readonly<Record<string, unknown>> {
  const id2 = { ...(localId === undefined ? {} : { local: localId }), ...(globalId === undefined ? {} : { global: globalId }) };
  return {
    ...(durationMicros === undefined ? {} : { dur: Number(durationMicros) }),
    ...(unscopedId === undefined ? {} : { id: unscopedId }),
    ...(Object.keys(id2).length === 0 ? {} : { id2 }),
    ...(scope === undefined ? {} : { scope }),
  };
}
