import { expect, it } from 'vitest';
import { asControl, controlOf, graphChange, namedVariant, type Variant } from '../../src/model/variant.js';

const PLAIN: Variant = { name: 'uncompiled', call: 'predict' };
const GRAPH: Variant = { name: 'graph', call: 'predict', compiler: 'graph' };
const XLA: Variant = { name: 'graph-xla', call: 'predict', compiler: 'xla' };

it('is a control by what it says, whatever its name', () => {
  const again = asControl(GRAPH, 'again');
  expect(again).toEqual({ name: 'graph (again)', call: 'predict', control: 'again', compiler: 'graph' });
  expect([controlOf(again), controlOf(GRAPH), controlOf({ ...PLAIN, name: 'uncompiled (again)' } as Variant)]).toEqual([
    'again',
    null,
    null,
  ]);
});

it('changes the graph by its compiler, whatever its name', () => {
  expect([graphChange(PLAIN, GRAPH), graphChange(PLAIN, XLA), graphChange(GRAPH, XLA)]).toEqual(['compile-to-graph', 'xla', 'xla']);
  expect([graphChange(GRAPH, PLAIN), graphChange(XLA, GRAPH), graphChange(XLA, XLA), graphChange(PLAIN, PLAIN)]).toEqual([
    null,
    null,
    null,
    null,
  ]);
  expect(graphChange(PLAIN, { ...PLAIN, name: 'graph-of-mine' } as Variant)).toBeNull();
});

it('an older recording, spans and Python tell names only', () => {
  for (const variant of [PLAIN, GRAPH, XLA, asControl(PLAIN, 'unrecorded'), asControl(XLA, 'again')]) {
    expect(namedVariant({ name: variant.name, call: variant.call })).toEqual(variant);
    expect(namedVariant(variant)).toEqual(variant);
  }
  expect(namedVariant({ name: 'compiled-xla', call: 'predict' })).toMatchObject({ compiler: 'xla' });
  expect(namedVariant({ name: 'uncompiled (alone)', call: 'predict', model: 'a' })).toEqual({
    name: 'uncompiled (alone)',
    call: 'predict',
    model: 'a',
  });
});
