import { addToGroup } from '../model/add-to-group.js';
import type { ScriptSpan, ScriptStack, ScriptVariant, SpanStep } from '../model/script.js';

/** What was sampled in the spans of a tree, step by step from its root: a deep way is no long key at each of its levels. */
export interface SampledPlace {
  readonly span: ScriptSpan | null;
  readonly below: ReadonlyMap<string, SampledPlace>;
}

interface Building {
  span: ScriptSpan | null;
  readonly below: Map<string, Building>;
}

export function sampledPlaces({ spans }: ScriptVariant): SampledPlace {
  const root: Building = { span: null, below: new Map() };
  for (const span of spans) {
    let place = root;
    for (const step of span.path) {
      const known = place.below.get(stepKey(step)) ?? { span: null, below: new Map<string, Building>() };
      place.below.set(stepKey(step), known);
      place = known;
    }
    place.span = span;
  }
  return root;
}

/** A place below another one; undefined where nothing was sampled there or further down. */
export const placeBelow = (place: SampledPlace | undefined, step: SpanStep): SampledPlace | undefined => place?.below.get(stepKey(step));

const stepKey = ({ name, kind, stage }: SpanStep): string => `${kind}\u0000${stage}\u0000${name}\u0001`;

/** Kernels and transfers are native: what is below them is their own name again. */
export const holdsScripts = ({ kind }: Pick<SpanStep, 'kind'>): boolean => kind !== 'kernel' && kind !== 'transfer';

export const samplesOf = (stacks: readonly ScriptStack[]): number => stacks.reduce((sum, { samples }) => sum + samples, 0);

/** A function at one depth of some stacks: those that go through it, and those that end in it. */
export interface FunctionStacks {
  readonly name: string;
  readonly depth: number;
  readonly stacks: readonly ScriptStack[];
  readonly ending: readonly ScriptStack[];
}

/** Stacks by their function at a depth; those that are shorter are left out. */
export function stacksByFunction(stacks: readonly ScriptStack[], depth = 0): readonly FunctionStacks[] {
  const groups = new Map<string, ScriptStack[]>();
  for (const stack of stacks) {
    const name = stack.frames[depth];
    if (name !== undefined) addToGroup(groups, name, stack);
  }
  return [...groups].map(([name, inside]) => ({
    name,
    depth,
    stacks: inside,
    ending: inside.filter(({ frames }) => frames.length === depth + 1),
  }));
}

export const stacksBelow = ({ stacks, depth }: FunctionStacks): readonly FunctionStacks[] => stacksByFunction(stacks, depth + 1);
