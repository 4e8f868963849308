import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { threadId } from 'node:worker_threads';
import { renderSamplesAsPprof } from '../../formats/pprof/write.js';
import type { ProfileDestination } from './destination.js';
import { makeFolder } from '../../record/make-folder.js';

/** Files of pprof, numbered by process and thread. They can be written while a program ends, when nothing can be sent any more. */
export function profileFilesIn(folder: string): ProfileDestination {
  let files = 0;
  return {
    labels: 'any',
    send(samples) {
      makeFolder(folder);
      writeFileSync(path.join(folder, `${process.pid}-${threadId}-${++files}.pb.gz`), renderSamplesAsPprof(samples));
      return Promise.resolve(undefined);
    },
  };
}
