import { cpuLimit } from '../../record/cgroup.js';

/** From so many processors on half of them is tried too. */
const MANY_CPUS = 4;

/** Fewer threads than there are processors, worth a try: one, half of many, and what a container's limit allows. */
export function threadCounts(cpuCount: number, limitCores: number | null = cpuLimit()?.cores ?? null): readonly number[] {
  const allowed = limitCores === null ? [] : [Math.max(1, Math.floor(limitCores))];
  const counts = new Set([1, ...(cpuCount >= MANY_CPUS ? [cpuCount >> 1] : []), ...allowed]);
  return [...counts].filter((count) => count < cpuCount);
}
