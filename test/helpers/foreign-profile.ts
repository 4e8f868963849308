import { profilesOf, readForeignFile } from '../../src/formats/read-foreign.js';
import type { ForeignProfile } from '../../src/model/foreign.js';

/** The profiles of a file another tool wrote. */
export const readForeignProfile = (name: string, bytes: Uint8Array): readonly ForeignProfile[] => profilesOf(readForeignFile(name, bytes));
