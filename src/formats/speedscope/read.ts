import type { FlameNode } from '../../model/analysis.js';
import type { ForeignProfile } from '../../model/foreign.js';
import { nanosPerUnit } from '../units.js';
import { asList, asNumber, asRecord, asText, asTime, asWhole, counted, damaged, isAmount } from '../checks.js';
import { TreeBuilder, type Place } from '../foreign-profile.js';
import { tellApart } from '../same-names.js';

/**
 * speedscope's own files, `evented` and `sampled` profiles. A profile with one outermost frame gets it as its root.
 *
 * @throws UserError that names the field at fault
 */
export function readSpeedscope(name: string, json: unknown): readonly ForeignProfile[] {
  const file = asRecord(json);
  const frames = asList(asRecord(file?.['shared'])?.['frames']);
  const profiles = asList(file?.['profiles']);
  if (frames === undefined) throw damaged(name, 'the field “shared.frames” is missing or not a list');
  if (profiles === undefined) throw damaged(name, 'the field “profiles” is missing or not a list');
  const names = tellApart(
    frames.map((each, i) => {
      const frame = asRecord(each);
      const written = asText(frame?.['name']);
      if (written === undefined) throw damaged(name, `shared.frames[${i}].name is missing`);
      return { name: written, file: asText(frame?.['file']) ?? '', line: asNumber(frame?.['line']) ?? null };
    }),
  );
  return profiles.map((each, i) => readProfile(name, `profiles[${i}]`, asRecord(each) ?? {}, names));
}

type Fields = Readonly<Record<string, unknown>>;

function readProfile(file: string, where: string, profile: Fields, names: readonly string[]): ForeignProfile {
  const type = asText(profile['type']);
  if (type !== 'evented' && type !== 'sampled') throw damaged(file, `${where}.type is “${type ?? 'missing'}”, not evented or sampled`);
  const unit = asText(profile['unit']) ?? 'none';
  const nanos = nanosPerUnit(unit);
  const label = asText(profile['name']) ?? file;
  const builder = new TreeBuilder(label, undefined, file);
  const frameBelow = (place: Place, index: number): Place => builder.below(place, names[index] ?? missing(file, where, index));
  const target = { builder, frameBelow, scale: nanos ?? 1 };
  const neverClosed = type === 'evented' ? addEvents(file, where, profile, target) : 0;
  if (type === 'sampled') addSamples(file, where, profile, target);
  const tree = withoutCommonTop(builder.finish(type === 'sampled' ? 'samples' : 'none'));
  return {
    name: label,
    format: 'speedscope',
    unit: nanos === null ? 'count' : 'time',
    taken: type === 'sampled' ? 'samples' : 'measured',
    tree,
    notes: [
      ...(nanos !== null ? [] : [`The unit of “${label}” is ${unit}: 1 is shown as 1 ns.`]),
      ...(neverClosed === 0 ? [] : [`${counted(neverClosed, 'frame')} of “${label}” never closed: taken as open until the profile’s end.`]),
    ],
  };
}

/** A profile with one outermost frame gets it as its root. */
function withoutCommonTop(tree: FlameNode): FlameNode {
  const [only] = tree.children;
  return only !== undefined && tree.children.length === 1 && tree.selfNanos === 0 ? { ...only, kind: tree.kind } : tree;
}

function missing(file: string, where: string, frame: number): never {
  throw damaged(file, `${where} names the frame ${frame}, which “shared.frames” does not have`);
}

interface Target {
  readonly builder: TreeBuilder;
  readonly frameBelow: (place: Place, index: number) => Place;
  readonly scale: number;
}

/** How many frames are still open at the end, which then is the profile's own. */
function addEvents(file: string, where: string, profile: Fields, { builder, frameBelow, scale }: Target): number {
  const open: { readonly frame: number; readonly place: Place }[] = [];
  let last = asTime(profile['startValue']) ?? 0;
  for (const [i, each] of (asList(profile['events']) ?? []).entries()) {
    const event = asRecord(each);
    const [frame, at] = [asWhole(event?.['frame']), asTime(event?.['at'])];
    if (frame === undefined || at === undefined) throw damaged(file, `${where}.events[${i}] lacks “frame” or “at”`);
    if (at < last) throw damaged(file, `${where}.events[${i}].at goes back in time`);
    const top = open.at(-1);
    if (top !== undefined && at > last) builder.addAt(top.place, (at - last) * scale);
    last = at;
    if (event?.['type'] === 'O') open.push({ frame, place: frameBelow(top?.place ?? builder.root, frame) });
    else if (open.pop()?.frame !== frame) throw damaged(file, `${where}.events[${i}] closes a frame that is not the innermost open one`);
  }
  const end = asTime(profile['endValue']) ?? last;
  const top = open.at(-1);
  if (top !== undefined && end > last) builder.addAt(top.place, (end - last) * scale);
  return open.length;
}

function addSamples(file: string, where: string, profile: Fields, { builder, frameBelow, scale }: Target): void {
  const samples = asList(profile['samples']);
  const weights = asList(profile['weights']);
  if (samples === undefined || weights?.length !== samples.length)
    throw damaged(file, `${where}.samples and .weights must be lists of one length`);
  samples.forEach((sample, i) => {
    const weight = asNumber(weights[i]);
    if (weight === undefined || !isAmount(weight)) throw damaged(file, `${where}.weights[${i}] is not a number from 0`);
    const place = (asList(sample) ?? []).reduce<Place>((above, frame) => frameBelow(above, asWhole(frame) ?? -1), builder.root);
    builder.addAt(place, weight * scale);
  });
}
