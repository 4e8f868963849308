import { EXIT, UserError } from './errors.js';

/** Raises or lowers how much a compressed file may unpack to, in megabytes. */
export const UNPACK_LIMIT_VARIABLE = 'INFERSCOPE_UNPACK_LIMIT_MB';

const DEFAULT_MEGABYTES = 4096;
const BYTES_PER_MEGABYTE = 1024 * 1024;
/** Traces shrink 10 to 100 times; what shrinks more than this is made to fill memory. Small files may. */
const MAX_RATIO = 250;
const RATIO_COUNTS_FROM_BYTES = 64 * BYTES_PER_MEGABYTE;

/** @throws UserError when the variable is set to something that is no number of megabytes */
export function unpackLimitBytes(env: Readonly<Record<string, string | undefined>>): number {
  const text = env[UNPACK_LIMIT_VARIABLE];
  if (text === undefined || text.trim() === '') return DEFAULT_MEGABYTES * BYTES_PER_MEGABYTE;
  const megabytes = Number(text);
  if (!Number.isFinite(megabytes) || megabytes <= 0)
    throw new UserError(
      `${UNPACK_LIMIT_VARIABLE} is “${text}”, not a number of megabytes: set it to ${DEFAULT_MEGABYTES}, or unset it.`,
      EXIT.config,
    );
  return megabytes * BYTES_PER_MEGABYTE;
}

/** Ends reading where a compressed file unpacks to more than is allowed; the variable overrules the ratio too. @throws UserError */
export function checkUnpacked(
  file: string,
  unpackedBytes: number,
  packedBytes: number,
  env: Readonly<Record<string, string | undefined>>,
): void {
  const megabytes = (bytes: number): string => `${Math.ceil(bytes / BYTES_PER_MEGABYTE)} MB`;
  const limit = unpackLimitBytes(env);
  const remedy = `set ${UNPACK_LIMIT_VARIABLE} to more megabytes to read it anyway`;
  if (unpackedBytes > limit) throw new UserError(`${file} unpacks to more than ${megabytes(limit)}: ${remedy}.`, EXIT.badInput);
  const isSet = (env[UNPACK_LIMIT_VARIABLE] ?? '').trim() !== '';
  if (!isSet && unpackedBytes > RATIO_COUNTS_FROM_BYTES && unpackedBytes > packedBytes * MAX_RATIO) {
    throw new UserError(
      `${file} unpacks to more than ${MAX_RATIO} times its size (${megabytes(unpackedBytes)} so far), as hardly anything but zeros does: ${remedy}.`,
      EXIT.badInput,
    );
  }
}
