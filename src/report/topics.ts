import type { Topic } from './topic.js';
import { ABOUT } from './topics/about.js';
import { ADVICE } from './topics/advice.js';
import { CALLERS } from './topics/callers.js';
import { COLD_CALLS } from './topics/cold-calls.js';
import { COMPARISON } from './topics/comparison.js';
import { CPU } from './topics/cpu.js';
import { DIFFERENCE } from './topics/difference.js';
import { FLAME } from './topics/flame.js';
import { KERNELS } from './topics/kernels.js';
import { LATENCY } from './topics/latency.js';
import { LAYERS } from './topics/layers.js';
import { LEDGER } from './topics/ledger.js';
import { LOAD } from './topics/load.js';
import { LOOPS } from './topics/loops.js';
import { MEMORY } from './topics/memory.js';
import { MODELS } from './topics/models.js';
import { NOTES } from './topics/notes.js';
import { OPERATIONS } from './topics/operations.js';
import { PASSES } from './topics/passes.js';
import { ROOFLINE } from './topics/roofline.js';
import { SHAPES } from './topics/shapes.js';
import { STAGE_BARS } from './topics/stages.js';
import { TIMELINE } from './topics/timeline.js';
import { TRUST } from './topics/trust.js';
import { VERDICT } from './topics/verdict.js';

/** The report from top to bottom: the page and the text both walk this list. */
export const TOPICS: readonly Topic[] = [
  VERDICT,
  MODELS,
  STAGE_BARS,
  COMPARISON,
  LOAD,
  FLAME,
  DIFFERENCE,
  OPERATIONS,
  CALLERS,
  TIMELINE,
  LAYERS,
  KERNELS,
  CPU,
  LOOPS,
  ROOFLINE,
  LATENCY,
  COLD_CALLS,
  MEMORY,
  PASSES,
  SHAPES,
  LEDGER,
  ADVICE,
  TRUST,
  ABOUT,
  NOTES,
];
