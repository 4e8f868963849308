/** A process of its own for a part of a profile's calls: a full start, its own warm-up and rounds. */
import { answerEach } from './child.js';
import { profileModel } from './profile.js';
import type { ProcessAnswer, ProcessRequest } from './profile-processes.js';

await answerEach(async (question): Promise<ProcessAnswer> => {
  const { model, options, out } = question as ProcessRequest;
  const { files, failures } = await profileModel(model, { ...options, out, reports: 'none' });
  const recording = files.find(({ format }) => format === 'recording')?.path;
  if (recording === undefined) throw new Error('no recording was written');
  return { recording, failures };
});
