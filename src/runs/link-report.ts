import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { escapeHtml } from '../report/html.js';
import { writeFile } from './write-file.js';

/** Tells a run's report where its traces are: trace ids become links. A folder without a report is left as it is. */
export function linkReportToJaeger(folder: string, queryUrl: string): void {
  const file = path.join(folder, 'report.html');
  if (!existsSync(file)) return;
  const page = readFileSync(file, 'utf8');
  const linked = page.replace(/(<meta name="inferscope-jaeger" content=")[^"]*"/, (_, start: string) => `${start}${escapeHtml(queryUrl)}"`);
  if (linked !== page) writeFile(file, linked);
}
