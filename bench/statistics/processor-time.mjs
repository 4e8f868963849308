import { readFileSync } from 'node:fs';

/** Of `utime` and `stime`: a hundredth of a second on every Linux. */
export const TICK_SECONDS = 0.01;

/** User and system time of a process so far, seconds. Linux. */
export function processorSeconds(pid) {
  // The name stands in brackets; the fields after it are numbered from 3.
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
  return (Number(fields[11]) + Number(fields[12])) * TICK_SECONDS;
}
