import type { ForeignProfile } from '../model/foreign.js';
import { nanosPerUnit } from './units.js';
import { asList, asNumber, asRecord, asText, damaged, TreeBuilder } from './foreign-profile.js';

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
  const names = frames.map((frame, i) => {
    const text = asText(asRecord(frame)?.['name']);
    if (text === undefined) throw damaged(name, `shared.frames[${i}].name is missing`);
    return text;
  });
  return profiles.map((each, i) => readProfile(name, `profiles[${i}]`, asRecord(each) ?? {}, names));
}

interface Stack {
  readonly path: readonly number[];
  readonly self: number;
}

function readProfile(file: string, where: string, profile: Readonly<Record<string, unknown>>, names: readonly string[]): ForeignProfile {
  const type = asText(profile['type']);
  if (type !== 'evented' && type !== 'sampled') throw damaged(file, `${where}.type is “${type ?? 'missing'}”, not evented or sampled`);
  const unit = asText(profile['unit']) ?? 'none';
  const nanos = nanosPerUnit(unit);
  const scale = nanos ?? 1;
  const stacks = type === 'evented' ? evented(file, where, profile) : sampled(file, where, profile);
  const label = asText(profile['name']) ?? file;
  const named = stacks.map(({ path, self }) => ({ path: path.map((frame) => names[frame] ?? missing(file, where, frame)), self: self * scale }));
  const first = named[0]?.path[0];
  const root = first !== undefined && named.every(({ path }) => path[0] === first) ? first : null;
  const builder = new TreeBuilder(root ?? label);
  for (const { path, self } of named) builder.add(root === null ? path : path.slice(1), self);
  return { name: label, format: 'speedscope', unit: nanos === null ? 'count' : 'time', taken: type === 'sampled' ? 'samples' : 'measured', tree: builder.finish(type === 'sampled' ? 'samples' : 'none'), notes: nanos !== null ? [] : [`The unit of “${label}” is ${unit}: 1 is shown as 1 ns.`] };
}

function missing(file: string, where: string, frame: number): never {
  throw damaged(file, `${where} names the frame ${frame}, which “shared.frames” does not have`);
}

function evented(file: string, where: string, profile: Readonly<Record<string, unknown>>): readonly Stack[] {
  const stacks: Stack[] = [];
  const open: number[] = [];
  let last = asNumber(profile['startValue']) ?? 0;
  for (const [i, each] of (asList(profile['events']) ?? []).entries()) {
    const event = asRecord(each);
    const [frame, at] = [asNumber(event?.['frame']), asNumber(event?.['at'])];
    if (frame === undefined || at === undefined) throw damaged(file, `${where}.events[${i}] lacks “frame” or “at”`);
    if (at < last) throw damaged(file, `${where}.events[${i}].at goes back in time`);
    if (open.length > 0 && at > last) stacks.push({ path: [...open], self: at - last });
    last = at;
    if (event?.['type'] === 'O') open.push(frame);
    else if (open.pop() !== frame) throw damaged(file, `${where}.events[${i}] closes a frame that is not the innermost open one`);
  }
  return stacks;
}

function sampled(file: string, where: string, profile: Readonly<Record<string, unknown>>): readonly Stack[] {
  const samples = asList(profile['samples']);
  const weights = asList(profile['weights']);
  if (samples === undefined || weights?.length !== samples.length) throw damaged(file, `${where}.samples and .weights must be lists of one length`);
  return samples.map((sample, i) => ({ path: (asList(sample) ?? []).map((frame) => asNumber(frame) ?? -1), self: asNumber(weights[i]) ?? 0 }));
}
