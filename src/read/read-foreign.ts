import { gunzipSync } from 'node:zlib';
import { EXIT, UserError } from '../model/errors.js';
import { readChromeTrace } from './chrome-trace.js';
import { readCpuProfile } from './cpuprofile.js';
import { readFoldedStacks } from './folded-stacks.js';
import { asList, asRecord, FOREIGN_FORMATS, type ForeignFormat, type ForeignProfile } from './foreign-profile.js';
import { readSpeedscope } from './speedscope.js';

/** Readers of parsed JSON, by what only that format has; asked in this order. */
const JSON_FORMATS: readonly { readonly fits: (json: unknown) => boolean; readonly read: (name: string, json: unknown) => readonly ForeignProfile[] }[] = [
  { fits: (json) => asRecord(asRecord(json)?.['shared'])?.['frames'] !== undefined, read: readSpeedscope },
  { fits: (json) => asList(asRecord(json)?.['nodes']) !== undefined, read: readCpuProfile },
  { fits: (json) => asList(asRecord(json)?.['traceEvents']) !== undefined || isEventList(json), read: readChromeTrace },
];

/**
 * Reads a file another tool wrote; the format is recognised from its content, gzip is undone.
 *
 * @param name the file's name, for messages and for the unit of collapsed stacks
 * @throws UserError when no format fits or the file is damaged
 */
export function readForeignProfile(name: string, bytes: Uint8Array): readonly ForeignProfile[] {
  const text = Buffer.from(bytes[0] === 0x1f && bytes[1] === 0x8b ? unzip(name, bytes) : bytes).toString('utf8').replace(/^\ufeff/, '');
  if (!/^\s*[[{]/.test(text)) return readFoldedStacks(name, text);
  const json = parse(name, text);
  const format = JSON_FORMATS.find(({ fits }) => fits(json));
  if (format === undefined) throw new UserError(`${name} is JSON, but none of the formats that Inferscope reads: ${FOREIGN_FORMATS.join(', ')}.`, EXIT.badInput);
  return format.read(name, json);
}

/** True when a file name looks like a foreign profile rather than a recording. */
export const looksForeign = (name: string): boolean => /\.(?:cpuprofile|speedscope\.json|trace\.json(?:\.gz)?|collapsedstack\.txt|difffolded\.txt|folded|collapsed)$/i.test(name);

export type { ForeignFormat, ForeignProfile };

const isEventList = (json: unknown): boolean => (asList(json) ?? []).some((event) => asRecord(event)?.['ph'] !== undefined);

function parse(name: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    // Chrome's own traces may lack the closing bracket: the format allows it.
    const mended = text.trimEnd().replace(/,$/, '');
    if (mended.startsWith('[') && !mended.endsWith(']')) return parse(name, `${mended}]`);
    throw new UserError(`${name} is not complete JSON: ${cause instanceof Error ? cause.message : String(cause)}.`, EXIT.badInput, { cause });
  }
}

function unzip(name: string, bytes: Uint8Array): Uint8Array {
  try {
    return gunzipSync(bytes);
  } catch (cause) {
    throw new UserError(`${name} is compressed, but damaged.`, EXIT.badInput, { cause });
  }
}
