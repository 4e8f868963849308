import { readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UserError } from '../../src/model/errors.js';
import { foldTree, foldedName, renderDiffFolded } from '../../src/formats/folded/write.js';
import { FORMATS, fileSafe, formatByName } from '../../src/report/formats.js';
import { renderReportJson } from '../../src/report/report-json.js';
import { renderReportMarkdown } from '../../src/report/report-markdown.js';
import { drawStageBars } from '../../src/report/topics/stages.js';
import { CALLS, drawAnalysis, drawDiff, drawTree, TINY } from '../helpers/drawn-analysis.js';

const validate = new Ajv({ allErrors: true }).compile(JSON.parse(readFileSync('docs/report.schema.json', 'utf8')) as object);

describe('renderReportJson', () => {
  it('is what docs/report.schema.json says', () => {
    const report: unknown = JSON.parse(
      renderReportJson({ analysis: drawAnalysis(TINY), files: [{ format: 'html', path: 'report.html' }] }),
    );
    expect(validate(report), JSON.stringify(validate.errors)).toBe(true);
  });

  it('is checked by a schema that notices a missing and a misspelt field', () => {
    const report = JSON.parse(renderReportJson({ analysis: drawAnalysis(TINY) }));
    delete report.variants[0].latencyNanos.p50;
    report.variants[0].stages.fetsh = report.variants[0].stages.fetch;
    expect(validate(report)).toBe(false);
    expect(validate.errors?.map((e) => e.instancePath)).toEqual(['/variants/0/latencyNanos', '/variants/0/stages']);
  });

  it('lists the frames that differ for sure, the largest shift first', () => {
    const { comparisons } = JSON.parse(renderReportJson({ analysis: drawAnalysis(TINY) }));
    const shifts = comparisons[0].frames.map((f: { shiftNanosPerCall: number }) => Math.abs(f.shiftNanosPerCall));
    expect(comparisons[0].frames[0].path).toEqual(['predict']);
    expect(shifts).toEqual([...shifts].sort((a, b) => b - a));
  });
});

describe('renderReportMarkdown', () => {
  it('draws stage bars to scale, the longest variant full', () => {
    const drawn = drawAnalysis({
      'a/predict': 'predict 20\n  data-adapter 20\n  kernel-execution 60',
      'b/predict': 'predict 10\n  kernel-execution 40',
    });
    expect(drawStageBars(drawn.variants, 20)).toBe(
      [
        '```text',
        'a/predict ▒▒▒▒████████████░░░░ 100 ns',
        'b/predict ████████░░           50 ns',
        '          ▒ data adapter  █ kernel execution  ░ glue code',
        '```',
      ].join('\n'),
    );
  });

  it('says what the differential flamegraph shows, and why calls were cold', () => {
    const text = renderReportMarkdown(
      drawAnalysis(TINY, {
        advice: [
          { id: 'x', sentence: 'Use `graph`.', evidence: 'Measured.', saving: { share: 0.4, interval: [0.3, 0.5] }, verified: true },
        ],
      }),
    );
    expect(text).toMatch(/^## What differs\n\n### uncompiled\/predict → graph\/predict$/m);
    expect(text).toMatch(/^\| `MatMul` +\| `_FusedMatMul` +\| kernel execution \| +61\.0 µs \| +0 ns \| +−61\.0 µs \|$/m);
    expect(text).toMatch(/^\| uncompiled\/predict \| first call of the process \(first-trace\) \|/m);
    expect(text).toContain('1. **Use `graph`.** (measured: saves 40 % of a call, 30 % to 50 %) Measured.');
  });

  it('says so when no frame changed significantly', () => {
    expect(renderReportMarkdown(drawAnalysis({ 'a/b': 'p 100', 'c/d': 'p 100' }))).toContain('No frame changed significantly.');
  });

  it('shows the same verdict as the page, and hostile names as text', () => {
    const text = renderReportMarkdown(drawAnalysis({ 'uncompiled/predict': 'predict 100\n  `|<b>x 900', 'graph/predict': 'predict 100' }));
    expect(text).toMatch(/^# Use graph\/predict: 10\.0× faster than uncompiled\/predict\./);
    expect(text).toContain("`'¦<b>x`");
    expect(text).not.toContain('`|');
  });
});

describe('folded stacks', () => {
  const folded = (text: string): string => foldTree(drawTree(text));

  it('writes self times as whole numbers and keeps each path', () => {
    expect(folded('predict 10\n  kernel-execution 5.2\n    a;b 100\n  fetch 0')).toBe(
      `predict ${10 * CALLS}\npredict;kernel-execution ${5.2 * CALLS}\npredict;kernel-execution;a,b ${100 * CALLS}\n`,
    );
  });

  it('never lets a name break the line or the stack', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (name) => {
        expect(foldedName(name)).not.toMatch(/[;\n\r\u2028\u2029]/);
        expect(foldedName(name)).not.toBe('');
      }),
    );
  });

  it('writes both sides of a difference, missing ones as 0', () => {
    const diff = drawDiff(drawTree('p 10\n  old 20'), drawTree('p 10\n  new 30'));
    expect(renderDiffFolded(diff)).toBe('p 10 10\np;old 20 0\np;new 0 30\n');
  });
});

describe('formats', () => {
  it('render every format of the table', () => {
    const input = { analysis: drawAnalysis(TINY), recordings: [] };
    for (const [name, format] of Object.entries(FORMATS)) {
      const files = format.render(input);
      expect(files.length, name).toBeGreaterThan(0);
      for (const { content } of files) expect(content.length, name).toBeGreaterThan(0);
    }
  });

  it('names what exists when asked for what does not', () => {
    expect(() => formatByName('constructor')).toThrow(UserError);
    expect(() => formatByName('svg')).toThrow(/html, markdown, json/);
  });

  it('makes file names out of any variant', () => {
    expect(fileSafe('graph/predict')).toBe('graph-predict');
    expect(fileSafe('../../etc')).toBe('etc');
    expect(fileSafe('///')).toBe('unnamed');
  });
});
