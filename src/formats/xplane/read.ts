import protobuf from 'protobufjs';
import { once } from '../../model/once.js';
import type { ForeignProfile } from '../../model/foreign.js';
import { counted, damaged } from '../checks.js';
import { derivedLines, derivedNotes } from '../derived-lines.js';
import { classOfName, TreeBuilder, type FrameClass } from '../foreign-profile.js';
import { field, repeated } from '../proto-field.js';
import { addNested, Intervals, type Kind } from '../nest.js';

/** A decoded XSpace of tsl/profiler/protobuf/xplane.proto, with numbers for 64-bit values and all defaults. */
interface XSpace {
  readonly planes: readonly {
    readonly name: string;
    readonly lines: readonly {
      readonly name: string;
      readonly displayName: string;
      readonly timestampNs: number;
      readonly events: readonly XEvent[];
    }[];
    readonly eventMetadata: Readonly<Record<string, XEventMetadata>>;
  }[];
}

interface XEventMetadata {
  readonly name: string;
  readonly displayName: string;
}

interface XEvent {
  readonly metadataId: number;
  readonly offsetPs: number;
  readonly durationPs: number;
}

const DESCRIPTOR = {
  options: { syntax: 'proto3' },
  nested: {
    XSpace: { fields: { planes: repeated(1, 'XPlane') } },
    XPlane: {
      fields: { name: field(2, 'string'), lines: repeated(3, 'XLine'), eventMetadata: { keyType: 'int64', type: 'XEventMetadata', id: 4 } },
    },
    XLine: {
      fields: { name: field(2, 'string'), displayName: field(11, 'string'), timestampNs: field(3, 'int64'), events: repeated(4, 'XEvent') },
    },
    XEvent: { fields: { metadataId: field(1, 'int64'), offsetPs: field(2, 'int64'), durationPs: field(3, 'int64') } },
    XEventMetadata: { fields: { name: field(2, 'string'), displayName: field(4, 'string') } },
  },
};

const messageType = once(() => protobuf.Root.fromJSON(DESCRIPTOR).lookupType('XSpace'));

/** Decodes what TensorFlow's and JAX's profiler writes (`.xplane.pb`), or gives null when the bytes are something else. */
export function decodeXSpace(bytes: Uint8Array): object | null {
  const type = messageType();
  try {
    const space = type.toObject(type.decode(bytes), { longs: Number, defaults: true }) as unknown as XSpace;
    // Any bytes may decode without these fields: planes are named after what they show.
    return space.planes.length > 0 &&
      space.planes.every(({ name }) => /^[\x20-\x7e]+$/.test(name)) &&
      space.planes.some(({ name, lines }) => /^\/|Task Environment/.test(name) || lines.length > 0)
      ? space
      : null;
  } catch {
    return null;
  }
}

/**
 * The trace of TensorFlow's profiler: a frame each for a plane (host, device) and a line (thread, stream) where there are
 * several, below them the events, nested by time.
 *
 * @throws UserError when there is no event in it
 */
export function readXPlane(file: string, decoded: object): readonly ForeignProfile[] {
  const builder = new TreeBuilder(file);
  const planes = (decoded as XSpace).planes.filter(({ lines }) => lines.some(({ events }) => events.length > 0));
  if (planes.length === 0) throw damaged(file, 'there is no event in this trace of TensorFlow’s profiler; profile while the model runs');
  let [mistimed, overlapping] = [0, 0];
  const derived = new Set<string>();
  for (const plane of planes) {
    const place = planes.length > 1 ? builder.below(builder.root, plane.name) : builder.root;
    const filled = plane.lines.filter(({ events }) => events.length > 0);
    const repeated = derivedLines(plane.name, filled.map(labelOf));
    for (const label of repeated) derived.add(label);
    const lines = filled.filter((line) => !repeated.has(labelOf(line)));
    const classify = plane.name.startsWith('/device:') ? classOfDevice : classOfName;
    const kinds = new Map<number, Kind>();
    for (const line of lines) {
      const { intervals, bad } = intervalsOf(line.events, (id) => {
        const known = kinds.get(id) ?? kindOf(plane.eventMetadata[String(id)], classify);
        kinds.set(id, known);
        return known;
      });
      mistimed += bad;
      overlapping += addNested(builder, lines.length > 1 ? builder.below(place, withoutId(labelOf(line))) : place, intervals);
    }
  }
  const notes = [
    ...derivedNotes(derived),
    ...(mistimed > 0 ? [`${counted(mistimed, 'event')} without a usable time: left out.`] : []),
    ...(overlapping > 0
      ? [
          `${counted(overlapping, 'event overlaps', 'events overlap')} with another one that does not hold it: they stand side by side, each with its whole time.`,
        ]
      : []),
  ];
  return [{ name: file, format: 'xplane', unit: 'time', taken: 'measured', tree: builder.finish('executions'), notes }];
}

const labelOf = ({ displayName, name }: XSpace['planes'][number]['lines'][number]): string => displayName || name || 'thread';

/** Nothing but kernels and copies run on a device. */
const classOfDevice = (name: string): FrameClass =>
  /^mem(?:cpy|set)/i.test(name) ? { stage: 'data-adapter', kind: 'transfer' } : { stage: 'kernel-execution', kind: 'kernel' };

/** `tf_XLAEigen/1234` is another number in each run. */
const withoutId = (name: string): string => name.replace(/\/-?\d+$/, '');

function intervalsOf(
  events: readonly XEvent[],
  kindFor: (metadataId: number) => Kind,
): { readonly intervals: Intervals; readonly bad: number } {
  const intervals = new Intervals();
  let bad = 0;
  for (const { metadataId, offsetPs, durationPs } of events) {
    const [start, duration] = [offsetPs / 1000, durationPs / 1000];
    if (start < 0 || duration < 0 || start + duration > 1e18) {
      bad++;
      continue;
    }
    intervals.push(kindFor(metadataId), start, duration);
  }
  return { intervals, bad };
}

/** A kernel of the host is called `dense/MatMul:MatMul`: what it does is enough, as in every other trace. */
function kindOf(metadata: XEventMetadata | undefined, classify: (name: string) => FrameClass): Kind {
  const { name, displayName } = metadata ?? { name: '', displayName: '' };
  const operation = /^[\w./-]+:([A-Z_]\w*)$/.exec(name)?.[1];
  const frame: FrameClass = operation === undefined ? classify(name) : { stage: 'kernel-execution', kind: 'kernel' };
  const label = [operation, displayName, name].find((text) => text !== undefined && text !== '') ?? '(nameless)';
  return { name: label.replace(/#.*#$/s, ''), frame, shapes: [], flat: false };
}
