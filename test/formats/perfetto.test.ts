import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import type { FlameNode } from '../../src/model/analysis.js';
import { childrenOf, preOrder } from '../../src/model/pre-order.js';
import { readForeignProfile } from '../helpers/foreign-profile.js';

const FILE = 'test/fixtures/foreign/perfetto-python.pftrace';

/** Each frame below the root with its path, total and own nanoseconds, and how often it ran. */
function framesOf(tree: FlameNode): string[] {
  const { nodes, parent } = preOrder(tree, childrenOf);
  const paths: string[] = [];
  return nodes
    .map(({ name, totalNanos, selfNanos, count }, row) => {
      const above = paths[parent[row] ?? -1] ?? '';
      paths[row] = row === 0 ? '' : `${above}${above === '' ? '' : ' > '}${name}`;
      return `${paths[row]} ${Math.round(totalNanos)}/${Math.round(selfNanos)} ×${count}`;
    })
    .slice(1);
}

it('track events of Perfetto: threads, a named track, tracks that share a name, interned names, clocks of their own, packed packets', () => {
  const [profile, ...others] = readForeignProfile('p.pftrace', readFileSync(FILE));
  expect(others).toEqual([]);
  // Perfetto's own trace processor says the same: test/slow/formats/perfetto.test.ts.
  expect(framesOf(profile!.tree).sort()).toEqual(
    [
      'main 1500001/0 ×1',
      'main > predict 1500001/949993 ×2',
      'main > predict > MatMul 500007/500007 ×2',
      'main > predict > Softmax 50001/50001 ×1',
      'pool 310000/0 ×1',
      'pool > decode 310000/90000 ×1',
      'pool > decode > resize 220000/220000 ×2',
      'GPU queue 30000/0 ×1',
      'GPU queue > upload 30000/30000 ×1',
      'asynchronous 900000/0 ×1',
      'asynchronous > request 1590000/1590000 ×2',
    ].sort(),
  );
  expect([profile!.format, profile!.notes]).toEqual([
    'perfetto',
    ['Left out: 1 instant event, 1 counter event.', 'Left out: packets of other sources (1 of ftrace).'],
  ]);
});

it('calls that begin and end at one moment (py-spy writes a sample so) lie in one another as they began', () => {
  const event = (ph: 'B' | 'E', name: string, ts: number): object => ({ ph, name, pid: 1, tid: 1, ts });
  const sample = (from: number, to: number): readonly object[] => [
    event('B', 'outer', from),
    event('B', 'inner', from),
    event('E', 'inner', to),
    event('E', 'outer', to),
  ];
  const [profile] = readForeignProfile('t.json', Buffer.from(JSON.stringify([...sample(0, 90), ...sample(100, 110)])));
  expect(framesOf(profile!.tree)).toEqual(['outer 100000/0 ×2', 'outer > inner 100000/100000 ×2']);
});

/** A message of one field, below 128 bytes. */
const bytesField = (field: number, ...bytes: readonly number[]): readonly number[] => [(field << 3) | 2, bytes.length, ...bytes];

it.each([
  [
    'one of the kernel alone says so',
    [...bytesField(1, 0x08, 0, ...[0x40, 5, 0x50, 1])],
    'this trace of Perfetto holds no track events, but 1 of ftrace',
  ],
  ['one that is cut off is none', [0x0a, 9, 0x40, 5, 0x50, 1], 'none of the formats'],
  ['packets that nothing tells are none', [...bytesField(1, 0x10, 1)], 'none of the formats'],
])('%s', (_, bytes, sentence) => {
  expect(() => readForeignProfile('p', Buffer.from(bytes))).toThrow(sentence);
});

it.each([
  ['metrics', '\x0a\x05calls\x2a\x00'],
  ['logs', '\x09\x00\x00\x00\x00\x00\x00\x00\x18\x2a\x03\x0a\x01x'],
])('protocol buffers of OTLP with %s alone are named as such, and are no trace', (signal, entry) => {
  const message = [2, 2, 1].reduce<readonly number[]>((inner, field) => bytesField(field, ...inner), [...Buffer.from(entry, 'latin1')]);
  expect(() => readForeignProfile('x.pb', Buffer.from(message))).toThrow(`x.pb is OTLP with ${signal} alone`);
});
