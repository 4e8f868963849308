import { unzipSync } from 'fflate';
import { EXIT, messageOf, UserError } from '../model/errors.js';
import { checkUnpacked } from '../model/unpack-limit.js';

/**
 * The files in a `.npz` archive. What they unpack to is known from the archive's list before anything is unpacked.
 * @throws UserError for what is no archive, is damaged, or unpacks to more than is allowed
 */
export function unpackArchive(bytes: Uint8Array, file: string): [string, Uint8Array][] {
  let unpackedBytes = 0;
  const allowed = ({ originalSize }: { readonly originalSize: number }): boolean => {
    unpackedBytes += originalSize;
    checkUnpacked(file, unpackedBytes, bytes.length, process.env);
    return true;
  };
  try {
    return Object.entries(unzipSync(bytes, { filter: allowed }));
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError(`${file} is not a NumPy archive (${messageOf(error)}): write it with numpy.savez.`, EXIT.badInput, {
      cause: error,
    });
  }
}
