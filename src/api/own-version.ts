import { createRequire } from 'node:module';

/** Version of Inferscope itself. Same distance to package.json from `src/api/` and `dist/api/`. */
export const ownVersion = (): string => (createRequire(import.meta.url)('../../package.json') as { readonly version: string }).version;
