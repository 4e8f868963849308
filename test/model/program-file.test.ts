import { expect, test } from 'vitest';
import { programIn } from '../../src/model/program-file.js';

test.each([
  ['node app.js --key=s3cret', 'app.js'],
  ['node --require=./hook.cjs "my dir/app.mjs"', 'dir/app.mjs'],
  ["API_KEY=s3cret TOKEN='two words' node app.ts", 'app.ts'],
  ['KEY="a \\" b" npm start', 'npm'],
  ['cd there && KEY=s3cret.js yarn serve', 'cd'],
  ['python3 serve.py; exit', 'serve.py'],
  ['npm run before', 'npm'],
  ['KEY=s3cret', ''],
])('%s runs %s: no arguments, no variables', (command, program) => {
  expect(programIn(command)).toBe(program);
});
