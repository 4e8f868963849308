import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { tracePath } from '../../src/analyse/trace-path.js';
import { readForeignProfile } from '../helpers/foreign-profile.js';
import { renderProfilesHtml } from '../../src/report/studies/profiles/html.js';
import { profilesObject } from '../../src/report/studies/profiles/json.js';
import { renderProfilesMarkdown } from '../../src/report/studies/profiles/markdown.js';
import { viewOfProfiles } from '../../src/runs/view-profiles.js';

interface Drawn {
  readonly id: string;
  readonly parent?: string;
  readonly from: number;
  readonly to: number;
  readonly service?: string;
  readonly kind?: string;
  readonly follows?: boolean;
}

/** `id < parent from to`, and what else there is: `@service`, a kind, `follows`. */
const drawn = (line: string): Drawn => {
  const [, id = '', parent, from, to, more = ''] = /^(\S+)(?: < (\S+))? (\d+) (\d+)(.*)$/.exec(line) ?? [];
  const service = /@(\S+)/.exec(more)?.[1];
  const kind = /producer|consumer|server|client/.exec(more)?.[0];
  return {
    id,
    from: Number(from),
    to: Number(to),
    ...(parent === undefined ? {} : { parent }),
    ...(service === undefined ? {} : { service }),
    ...(kind === undefined ? {} : { kind }),
    follows: more.includes('follows'),
  };
};

/** Jaeger's own JSON, times in microseconds. */
const jaeger = (spans: readonly Drawn[]) => {
  const services = [...new Set(spans.map(({ service = 'shop' }) => service))];
  return {
    data: [
      {
        traceID: 'a',
        spans: spans.map(({ id, parent, from, to, service = 'shop', kind, follows }) => ({
          traceID: 'a',
          spanID: id,
          operationName: id,
          references:
            parent === undefined ? [] : [{ refType: follows === true ? 'FOLLOWS_FROM' : 'CHILD_OF', traceID: 'a', spanID: parent }],
          startTime: 1_790_000_000_000_000 + from,
          duration: to - from,
          tags: kind === undefined ? [] : [{ key: 'span.kind', type: 'string', value: kind }],
          processID: `p${services.indexOf(service)}`,
        })),
        processes: Object.fromEntries(services.map((serviceName, i) => [`p${i}`, { serviceName }])),
      },
    ],
  };
};

const read = (spans: readonly Drawn[]) => readForeignProfile('trace.json', Buffer.from(JSON.stringify(jaeger(spans))));
const pathOf = (spans: readonly Drawn[]) => {
  const [profile] = read(spans);
  return tracePath(profile!.traces!);
};
const micros = (lines: readonly string[]) =>
  Object.fromEntries(pathOf(lines.map(drawn)).frames.map(({ name, nanos }) => [name, nanos / 1000]));

describe('the critical path of a trace of another program', () => {
  // The cases of the tests of Jaeger's pages: what stands here is the sum of the sections that they expect of each span.
  it.each([
    ['siblings one after the other', ['C 1 101', 'D < C 20 40', 'E < C 50 60'], { C: 41 + 10 + 19, E: 10, D: 20 }],
    ['siblings that overlap', ['X 1 101', 'A < X 10 50', 'C < X 20 60'], { X: 41 + 19, C: 40 }],
    ['a child that begins after its parent', ['A 100 140', 'B < A 150 180'], { A: 40 }],
    ['the same with a child of its own', ['A 1 31', 'B < A 40 80', 'C < B 50 60'], { A: 30 }],
    [
      'a child that ends after its parent, and whose child began before it',
      ['A 1 30', 'B < A 15 35', 'C < B 10 25'],
      { A: 14, C: 10, B: 5 },
    ],
    ['children that each end after their parent', ['A 1 30', 'B < A 15 35', 'C < B 20 40'], { A: 14, C: 10, B: 5 }],
    ['a child longer than its parent', ['A 10 30', 'B < A 5 35'], { B: 20 }],
    ['a child before its parent', ['A 10 30', 'B < A 1 5'], { A: 20 }],
  ])('is that of Jaeger’s pages: %s', (_what, lines, expected) => {
    expect(micros(lines)).toEqual(expected);
  });

  it('has a child that ended as the next one began, unlike Jaeger’s pages', () => {
    expect(micros(['A 0 100', 'B < A 0 50', 'C < A 50 100'])).toEqual({ B: 50, C: 50 });
  });

  it('leaves out what a producer left to a consumer, and tells it', () => {
    const path = pathOf(['A 1 31 producer', 'B < A 10 20 consumer', 'C < B 12 14'].map(drawn));
    expect(path).toMatchObject({ totalNanos: 30_000, apartSpans: 2, besideSpans: 0, frames: [{ name: 'A', nanos: 30_000, spans: 1 }] });
    // A consumer of another service is not put into its producer, whose clock may well be right.
    const later = pathOf(['A 1 31 producer', 'B < A 500 510 consumer @mail'].map(drawn));
    expect(later).toMatchObject({ apartSpans: 1, frames: [{ name: 'shop: A', nanos: 30_000 }] });
  });

  it('is what the headline is about, not what took most time while nobody waited', () => {
    const view = viewOfProfiles('t', read(['A 1 31 producer', 'B < A 40 900 consumer @mail'].map(drawn)));
    const { headline } = profilesObject(view);
    expect(headline.use).toBe('shop: A takes 100 % of what trace.json waited for.');
    expect(headline.act).toMatch(
      /^Look at shop: A first: 30\.0 µs of the critical path is its own\. B takes more, 860 µs, but nobody waited for it\.$/,
    );
    for (const text of [renderProfilesMarkdown(view), renderProfilesHtml(view)]) expect(text).toContain(headline.use);
    const called = viewOfProfiles('t', read(['A 1 101', 'B < A 10 90 server @mail'].map(drawn)));
    expect(profilesObject(called).headline.act).toBe('Look at mail: B first: 80.0 µs of the critical path is its own.');
    const beside = viewOfProfiles('t', read(['A 0 100', 'B < A 0 90', 'C < A 5 100'].map(drawn)));
    expect(profilesObject(beside).headline.act).toMatch(/^Look at C first: 95\.0 µs .* own\.$/);
  });

  it('tells spans that ran beside it, that outlive their parent, and clocks that differ', () => {
    const view = viewOfProfiles('t', read(['A 0 100', 'B < A 10 60', 'C < A 20 120', 'D < A 5 9', 'E < D 900 902 @db server'].map(drawn)));
    const [{ path }] = view.paths as [(typeof view.paths)[0]];
    expect(path).toMatchObject({ totalNanos: 100_000, besideSpans: 1, outsideSpans: 1 });
    expect(path.frames.map(({ name, nanos }) => [name, nanos / 1000])).toEqual([
      ['shop: C', 80],
      ['shop: A', 16],
      ['db: E', 2],
      ['shop: D', 2],
    ]);
    const text = renderProfilesMarkdown(view);
    expect(text).toMatch(/## Critical path: trace\.json/);
    expect(text).toMatch(/1 span ran beside it and could be shorter/);
    expect(text).toMatch(/1 span on it runs on after the parent or began before it/);
    expect(text).toMatch(/because clocks differ: moved into them/);
    expect(text).toMatch(/^# shop: C takes 80 % of what trace\.json waited for\.$/m);
    expect(text).toMatch(/Look at shop: C first: 80\.0 µs of the critical path is its own/);
    expect(profilesObject(view).criticalPaths).toMatchObject([{ profile: 'trace.json', traces: 1, total: 100_000, besideSpans: 1 }]);
    expect(renderProfilesHtml(view)).toMatch(/id="path"[\s\S]*id="call-view"/);
  });

  it('adds up to the roots, whatever ran beside what and at whatever clock', () => {
    const span = fc.record({
      parent: fc.nat(),
      from: fc.nat({ max: 90 }),
      length: fc.nat({ max: 60 }),
      kind: fc.constantFrom('', 'producer', 'consumer'),
    });
    fc.assert(
      fc.property(fc.array(span, { maxLength: 25 }), fc.integer({ min: 1, max: 3 }), (spans, services) => {
        const all = spans.map(({ parent, from, length, kind }, i): Drawn => {
          const above = parent % (i + 1);
          return {
            id: `s${i + 1}`,
            from,
            to: from + length,
            service: `v${i % services}`,
            kind,
            ...(above === 0 && parent % 7 === 0 ? {} : { parent: `s${above}` }),
          };
        });
        const path = pathOf([{ id: 's0', from: 0, to: 100 }, ...all]);
        expect(path.frames.reduce((sum, { nanos }) => sum + nanos, 0)).toBe(path.totalNanos);
      }),
    );
  });

  it('is every span’s own time where one thing runs after the other', () => {
    const drawnSpans = fc.array(fc.record({ parent: fc.nat(), own: fc.integer({ min: 1, max: 50 }) }), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(drawnSpans, (tree) => {
        const spans: Drawn[] = [];
        const above = tree.map(({ parent }, i) => (i === 0 ? -1 : parent % i));
        const lay = (index: number, from: number): number => {
          const place = spans.push({ id: '', from, to: from }) - 1;
          const children = above.flatMap((up, child) => (up === index ? [child] : []));
          const end = children.reduce((at, child) => lay(child, at), from + tree[index]!.own);
          spans[place] = { id: `s${index}`, from, to: end, ...(index === 0 ? {} : { parent: `s${above[index]!}` }) };
          return end;
        };
        lay(0, 0);
        const path = pathOf(spans);
        expect(Object.fromEntries(path.frames.map(({ name, nanos }) => [name, nanos / 1000]))).toEqual(
          Object.fromEntries(tree.map(({ own }, i) => [`s${i}`, own])),
        );
        expect(path.besideSpans + path.outsideSpans + path.apartSpans).toBe(0);
      }),
    );
  });
});
