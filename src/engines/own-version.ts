import { createRequire } from 'node:module';

/** Version of Inferscope itself. Same distance to package.json from `src/engines/` and `dist/engines/`. */
export const ownVersion = (): string => (createRequire(import.meta.url)('../../package.json') as { readonly version: string }).version;
