import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { DIFFERENCE, ownTotal, WRITTEN } from './samples.js';

const folder = mkdtempSync(path.join(tmpdir(), 'inferscope-flamegraph-'));

/** The original flamegraph.pl: on the path, or inside Debian's libdevel-nytprof-perl, fetched with apt but not installed. */
function findFlamegraph(): string | null {
  const inside = 'usr/share/perl5/Devel/NYTProf/flamegraph.pl';
  const known = [...(process.env['PATH'] ?? '').split(':').map((place) => path.join(place, 'flamegraph.pl')), `/${inside}`].find((place) =>
    existsSync(place),
  );
  if (known !== undefined) return known;
  try {
    execFileSync('apt-get', ['download', 'libdevel-nytprof-perl'], { cwd: folder, stdio: 'ignore' });
    const archive = readdirSync(folder).find((name) => name.endsWith('.deb'));
    execFileSync('dpkg-deb', ['-x', archive ?? '', 'package'], { cwd: folder, stdio: 'ignore' });
    return path.join(folder, 'package', inside);
  } catch {
    return null;
  }
}

const flamegraph = findFlamegraph();

describe('flamegraph.pl', () => {
  const draw = (text: string, ...options: readonly string[]): string => {
    const file = path.join(folder, 'stacks.txt');
    writeFileSync(file, text);
    const { stdout, stderr } = spawnSync('perl', [flamegraph!, ...options, file], { encoding: 'utf8' });
    expect(stderr).toBe('');
    return stdout;
  };
  const whole = (svg: string): number => Number(/<title>all \(([\d,]+) (?:samples|ns)/.exec(svg)?.[1]?.replaceAll(',', ''));

  it.skipIf(flamegraph === null)(
    'draws collapsed stacks, to the same sum as ours [needs flamegraph.pl, or apt-get to fetch libdevel-nytprof-perl]',
    () => {
      const name = 'run.nanos.collapsedstack.txt';
      const svg = draw(String(WRITTEN[name]), '--countname', 'ns');
      expect(svg).toContain('_FusedMatMul');
      expect(whole(svg)).toBe(ownTotal(name));
    },
  );

  it.skipIf(flamegraph === null)('draws a difference [needs flamegraph.pl, or apt-get to fetch libdevel-nytprof-perl]', () => {
    const svg = draw(DIFFERENCE, '--countname', 'ns', '--negate');
    expect(svg).toMatch(/<title>_MklNativeFusedMatMul [^<]*; [+-][\d.]+%/);
  });

  it.skipIf(flamegraph === null)(
    'complains about lines it cannot read, so the tests above can fail [needs flamegraph.pl, or apt-get to fetch libdevel-nytprof-perl]',
    () => {
      expect(() => draw('a;b 10\nnonsense\n')).toThrow(/Ignored 1 lines/);
    },
  );
});
