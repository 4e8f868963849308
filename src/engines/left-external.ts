/** What a bundler is told, so that a package stays a module of its own. `name`: of one package, or `@scope/*`. */
export const leftExternal = (name: string): string =>
  `${name} left external (esbuild: --external:${name}; webpack: externals; rollup: external; ncc: --external)`;
