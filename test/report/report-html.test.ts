import { createHash } from 'node:crypto';
import { inflateRawSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { escapeHtml, html, jsonForScript } from '../../src/report/html.js';
import { renderReportHtml } from '../../src/report/report-html.js';
import { isSafeAddress } from '../../src/report/topics/notes.js';
import { drawAnalysis, TINY } from '../helpers/drawn-analysis.js';

const HOSTILE = '</script><script>alert(1)</script><img src=x onerror=alert(2)>"\'`${alert(3)}';

const hostileAnalysis = () => {
  const tree = `predict 10\n  kernel-execution 5\n    layer:${HOSTILE} 3\n      ${HOSTILE} 100 [${HOSTILE}]`;
  const drawn = drawAnalysis({ [`${HOSTILE}/predict`]: tree, 'graph/predict': 'predict 50' });
  return {
    ...drawn,
    model: { ...drawn.model, name: HOSTILE, path: HOSTILE },
    notes: [HOSTILE],
    advice: [{ id: 'x', sentence: HOSTILE, evidence: HOSTILE, saving: null, verified: false }],
  };
};

describe('renderReportHtml', () => {
  it('leads with which variant to use, how sure that is and what to do', () => {
    const page = renderReportHtml(drawAnalysis(TINY));
    expect(page).toMatch(/<h1>Use graph\/predict: [\d.]+× faster than uncompiled\/predict\.<\/h1>/);
    expect(page).toContain('How sure');
    expect(page).toContain('What to do');
  });

  it('says the confidence that was asked for, wherever it names one', () => {
    const page = renderReportHtml(drawAnalysis(TINY, { confidence: 0.9 }));
    expect(page).toContain('90 % interval of the ratio');
    expect(page).toContain('>90 % interval <');
    expect(page).toContain('"confidence":0.9');
    expect(page).not.toMatch(/95 % interval/);
  });

  it('allows only its own script and style, and loads nothing', () => {
    const page = renderReportHtml(drawAnalysis(TINY));
    const policy = /Content-Security-Policy" content="([^"]+)"/.exec(page)?.[1] ?? '';
    expect(policy).toContain('default-src &#39;none&#39;');
    expect(policy).toMatch(/script-src &#39;sha256-[\w+/=]+&#39;;/);
    expect(policy).not.toContain('unsafe');
    // The hashes are of exactly what stands between the tags: else the browser drops style and script.
    const hashes = [...page.matchAll(/<(?:style|script)>([\s\S]*?)<\/(?:style|script)>/g)].map(
      ([, text = '']) => `&#39;sha256-${createHash('sha256').update(text).digest('base64')}&#39;`,
    );
    expect(hashes).toHaveLength(2);
    for (const hash of hashes) expect(policy).toContain(hash);
    expect(page).not.toMatch(/\s(?:src|href)="(?:https?:)?\/\//);
    expect(page).not.toMatch(/\sstyle="/);
  });

  it('shows hostile names as text, never as markup', () => {
    const page = renderReportHtml(hostileAnalysis());
    expect(page.match(/<script(?! type="application\/json")/g)).toHaveLength(1);
    expect(page).not.toContain('<img');
    expect(page).toContain('&lt;img src=x onerror=alert(2)&gt;');
  });

  it('links only to relative and http addresses', () => {
    const page = renderReportHtml(drawAnalysis(TINY), {
      links: [
        { label: 'bad', href: 'javascript:alert(1)' },
        { label: 'good', href: 'report.json' },
      ],
    });
    expect(page).not.toContain('javascript:');
    expect(page).toContain('<a href="report.json">good</a>');
    expect([' javascript:x', 'JAVASCRIPT:x', 'data:text/html,x', '\u0001javascript:x'].map(isSafeAddress)).toEqual([
      false,
      false,
      false,
      false,
    ]);
  });

  it('shows what there is when nothing was measured', () => {
    expect(renderReportHtml(drawAnalysis({}))).toContain('Nothing was measured.');
  });
});

describe('the page data', () => {
  it('is plain JSON while it is small, and deflated when it is large', () => {
    const small = renderReportHtml(drawAnalysis(TINY));
    expect(small).toContain('<script type="application/json" id="data">{');
    const wide = `predict 10\n${Array.from({ length: 6000 }, (_, i) => `  op_${i} ${i + 1}`).join('\n')}`;
    const page = renderReportHtml(drawAnalysis({ 'uncompiled/predict': wide }));
    const packed = /data-encoding="deflate-raw">([A-Za-z0-9+/=]+)</.exec(page)?.[1] ?? '';
    const data = JSON.parse(inflateRawSync(Buffer.from(packed, 'base64')).toString('utf8')) as { strings: string[] };
    expect(data.strings).toContain('op_5999');
  });

  it('has before its script only what the first view needs', () => {
    const page = renderReportHtml(drawAnalysis(TINY));
    const ids = [...page.matchAll(/<script(?: type="application\/json" id="([\w-]+)")?>/g)].map(([, id]) => id ?? 'the script');
    expect(ids).toEqual([
      'data',
      'data-tree-0',
      'the script',
      'data-frames-0',
      ...Object.keys(TINY)
        .slice(1)
        .flatMap((_, i) => [`data-tree-${i + 1}`, `data-frames-${i + 1}`]),
      ...drawAnalysis(TINY).comparisons.map((_, i) => `data-diff-${i}`),
    ]);
  });
});

describe('html', () => {
  it('lets no text out of its place', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const escaped = escapeHtml(text);
        expect(escaped).not.toMatch(/[<>"']/);
        expect(html`<p title="${text}">${text}</p>`.toString()).toBe(`<p title="${escaped}">${escaped}</p>`);
      }),
    );
  });

  it('embeds JSON that reads back and cannot end its script', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.string(), (value, text) => {
        const embedded = jsonForScript({ value, text, end: '</script><!--' }).toString();
        expect(embedded).not.toContain('<');
        expect(JSON.parse(embedded)).toEqual(JSON.parse(JSON.stringify({ value, text, end: '</script><!--' })));
      }),
    );
  });
});
