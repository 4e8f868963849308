import { median } from 'simple-statistics';
import type { ToolCost } from '../model/recording.js';
import { CallContext } from './call-context.js';
import { clockResolutionNanos, nowMillis } from './clock.js';

const ROUNDS = 21;
const SPANS = 2000;

/**
 * What recording one span costs on this machine, measured: nanoseconds that fall inside the span's own time and
 * outside of it (into its parent). Medians over several rounds, so that one interruption does not count.
 */
export function measureToolCost(): ToolCost {
  const inside: number[] = [];
  const outside: number[] = [];
  const context = new CallContext(2 * SPANS + 2, 4 * SPANS);
  for (let round = 0; round < ROUNDS; round++) {
    context.reset();
    const root = context.open(0, 0, 0);
    const start = nowMillis();
    for (let i = 0; i < SPANS; i++) context.close(context.open(0, 0, 0));
    const total = (nowMillis() - start) * 1e6;
    context.close(root);
    let own = 0;
    for (let row = 1; row <= SPANS; row++) {
      own += ((context.rows.endMillis[row] as number) - (context.rows.startMillis[row] as number)) * 1e6;
    }
    inside.push(own / SPANS);
    outside.push(Math.max(0, total - own) / SPANS);
  }
  return {
    insideNanos: Math.round(median(inside)),
    outsideNanos: Math.round(median(outside)),
    clockResolutionNanos: clockResolutionNanos(),
  };
}
