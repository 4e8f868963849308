import { createHash } from 'node:crypto';
import os from 'node:os';
import type { Environment } from '../model/recording.js';
import { ownVersion } from './own-version.js';

/** What a run depends on whatever engine it is made with. */
export type Machine = Omit<Environment, 'backend' | 'tensorflow' | 'packages' | 'threads' | 'flags' | 'restored'>;

/** This machine and this Node.js. */
export const describeMachine = (): Machine => ({
  inferscope: ownVersion(),
  node: process.versions.node,
  v8: process.versions.v8,
  platform: process.platform,
  arch: process.arch,
  cpu: os.cpus()[0]?.model.trim() ?? 'unknown',
  cpuCount: os.availableParallelism(),
  memoryBytes: os.totalmem(),
  // Tells runs of different machines apart without naming them.
  hostHash: createHash('sha256').update(os.hostname()).digest('hex'),
});
