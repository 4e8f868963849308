import { EXIT, UserError } from '../model/errors.js';

/** For formats that repeat the whole way from the root for each frame with time of its own: a deep tree is its depth squared in them. */
export const tooDeep = (format: string): UserError =>
  new UserError(
    `This tree is too deep for ${format}, which repeats the way from the root for each frame with time of its own: use speedscope or cpuprofile.`,
    EXIT.badInput,
  );
