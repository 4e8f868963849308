import type { Analysis, FlameNode } from '../../model/analysis.js';

const SCHEMA = 'https://www.speedscope.app/file-format-schema.json';

/** The part of speedscope's file format that is written here; see its `file-format-spec.ts`. */
export interface SpeedscopeFile {
  readonly $schema: typeof SCHEMA;
  readonly shared: { readonly frames: readonly { readonly name: string }[] };
  readonly profiles: readonly SpeedscopeProfile[];
  readonly name: string;
  readonly activeProfileIndex: number;
  readonly exporter: string;
}

export interface SpeedscopeProfile {
  readonly type: 'evented';
  readonly name: string;
  readonly unit: 'nanoseconds';
  readonly startValue: number;
  readonly endValue: number;
  readonly events: readonly SpeedscopeEvent[];
}

export interface SpeedscopeEvent {
  readonly type: 'O' | 'C';
  readonly frame: number;
  readonly at: number;
}

/** One profile per variant: its mean warm call, in nanoseconds per call, children one after the other. */
export const renderSpeedscope = (analysis: Analysis): string =>
  JSON.stringify(
    speedscopeFile(
      analysis.model.name,
      analysis.environment.inferscope,
      analysis.variants.map((v) => ({ name: v.key, tree: v.tree, calls: v.calls })),
    ),
  );

export function speedscopeFile(
  name: string,
  version: string,
  trees: readonly { readonly name: string; readonly tree: FlameNode; readonly calls: number }[],
): SpeedscopeFile {
  const frames = new Map<string, number>();
  const profiles = trees.map(({ name: label, tree, calls }) => profileOf(label, tree, Math.max(1, calls), frames));
  return {
    $schema: SCHEMA,
    shared: { frames: [...frames.keys()].map((frame) => ({ name: frame })) },
    profiles,
    name,
    activeProfileIndex: 0,
    exporter: `inferscope@${version}`,
  };
}

function profileOf(name: string, tree: FlameNode, calls: number, frames: Map<string, number>): SpeedscopeProfile {
  const events: SpeedscopeEvent[] = [];
  let at = 0;
  const stack: { node: FlameNode; frame: number; next: number }[] = [];
  const open = (node: FlameNode): void => {
    const frame = frames.get(node.name) ?? frames.size;
    frames.set(node.name, frame);
    events.push({ type: 'O', frame, at });
    stack.push({ node, frame, next: 0 });
  };
  open(tree);
  for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
    const child = top.node.children[top.next++];
    if (child !== undefined) {
      open(child);
      continue;
    }
    at += Math.max(0, top.node.selfNanos) / calls;
    events.push({ type: 'C', frame: top.frame, at });
    stack.pop();
  }
  return { type: 'evented', name, unit: 'nanoseconds', startValue: 0, endValue: at, events };
}
