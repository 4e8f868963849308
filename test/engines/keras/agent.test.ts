import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { python } from './python-here.js';

const file = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
const AGENT = file('../../../src/engines/keras/agent.py');
const PACKAGE = file('../../../src/engines/keras/inferscope_agent');
const modules = readdirSync(PACKAGE, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.py'));

describe.skipIf(python === null)('the Keras agent [needs Python 3.7 or later on PATH]', () => {
  test('passes its own tests', () => {
    const { status, stderr } = spawnSync(python!, [file('agent_test.py')], { encoding: 'utf8' });
    expect(status, stderr).toBe(0);
    expect(stderr).toMatch(/Ran (1[5-9]|[2-9]\d) tests/);
  });

  test('imports nothing but the standard library, and nothing through sys.path', () => {
    const names = modules
      .filter((name) => !name.includes('__init__'))
      .map((name) => name.slice(0, -'.py'.length).replaceAll(path.sep, '.'));
    expect(names).toContain('program.process');
    const code = `import os, runpy, sys
before = list(sys.path)
os.environ['INFERSCOPE_RUN_FOLDER'] = '/nowhere'
load = runpy.run_path(sys.argv[1])['load']
for name in sys.argv[2:]: load(name)
print(sys.path == before, sorted(name for name in sys.modules if name.split('.')[0] in ('numpy', 'tensorflow', 'keras')))`;
    const told = execFileSync(python!, ['-S', '-I', '-c', code, AGENT, ...names], { encoding: 'utf8' });
    expect(told.trim()).toBe('True []');
  });

  test.each([{}, { PYTHONSAFEPATH: '1' }])("finds the user's modules, never its own of the same name, with %o", (env) => {
    const cwd = mkdtempSync(path.join(os.tmpdir(), 'inferscope-agent-'));
    try {
      for (const name of ['inputs', 'agent', 'plan']) writeFileSync(path.join(cwd, `${name}.py`), "WHOSE = 'the user'\n");
      writeFileSync(
        path.join(cwd, 'tensorflow.py'),
        "import agent, inputs, plan, sys\nraise ValueError('%s %s %s %d' % (agent.WHOSE, inputs.WHOSE, plan.WHOSE, any('keras' in entry for entry in sys.path)))\n",
      );
      const { stderr } = spawnSync(python!, [AGENT, 'export', cwd, '{}'], { encoding: 'utf8', cwd, env: { ...process.env, ...env } });
      expect(stderr).toContain('ValueError: the user the user the user 0');
    } finally {
      rmSync(cwd, { recursive: true });
    }
  });

  test('parses as Python 3.7', () => {
    const code = 'import ast, sys\nfor name in sys.argv[1:]: ast.parse(open(name).read(), feature_version=(3, 7))';
    const files = [AGENT, ...modules.map((name) => path.join(PACKAGE, name))];
    const { status, stderr } = spawnSync(python!, ['-c', code, ...files], { encoding: 'utf8' });
    expect(status, stderr).toBe(0);
  });
});
