import type { GateResult } from '../../../model/gate.js';

/** The gate as JUnit XML: a test case a variant; `cannot-tell` is an error, a regression a failure. */
export function renderJUnit({ model, checks }: GateResult): string {
  const count = (outcome: string): number => checks.filter((check) => check.outcome === outcome).length;
  const cases = checks.map(({ key, outcome, sentence, currentNanos }) => {
    const open = `    <testcase classname="${escapeXml(model)}" name="${escapeXml(key)}" time="${(currentNanos / 1e9).toFixed(9)}"`;
    if (outcome === 'pass') return `${open}/>`;
    const tag = outcome === 'regression' ? 'failure' : 'error';
    return `${open}>\n      <${tag} type="${outcome}" message="${escapeXml(sentence)}"/>\n    </testcase>`;
  });
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites>`,
    `  <testsuite name="inferscope check" tests="${checks.length}" failures="${count('regression')}" errors="${count('cannot-tell')}">`,
    ...cases,
    '  </testsuite>',
    '</testsuites>',
    '',
  ].join('\n');
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&apos;' };

/** XML has no place for most control characters at all. */
const escapeXml = (text: string): string =>
  text.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/g, '').replace(/[&<>"']/g, (sign) => ENTITIES[sign] ?? sign);
