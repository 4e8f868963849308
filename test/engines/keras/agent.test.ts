import { execFileSync, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { python } from './python-here.js';

const file = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

describe.skipIf(python === null)('agent.py [needs Python 3.7 or later on PATH]', () => {
  test('passes its own tests', () => {
    const { status, stderr } = spawnSync(python!, [file('agent_test.py')], { encoding: 'utf8' });
    expect(status, stderr).toBe(0);
    expect(stderr).toMatch(/Ran (1[5-9]|[2-9]\d) tests/);
  });

  test('imports nothing but the standard library', () => {
    const listed = execFileSync(
      python!,
      ['-S', '-I', '-c', `import runpy; runpy.run_path(${JSON.stringify(file('../../../src/engines/keras/agent.py'))}); print("ok")`],
      { encoding: 'utf8' },
    );
    expect(listed.trim()).toBe('ok');
  });

  test('parses as Python 3.7', () => {
    const code = 'import ast, sys; ast.parse(open(sys.argv[1]).read(), feature_version=(3, 7))';
    const { status, stderr } = spawnSync(python!, ['-c', code, file('../../../src/engines/keras/agent.py')], { encoding: 'utf8' });
    expect(status, stderr).toBe(0);
  });
});
