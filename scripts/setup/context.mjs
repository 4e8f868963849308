/**
 * What every step needs.
 * @typedef {object} Context
 * @property {import('./paths.mjs').Places} places
 * @property {NodeJS.ProcessEnv} env
 * @property {import('./progress.mjs').Progress} progress
 * @property {'clone' | 'project'} where what is set up: a clone of Inferscope, or a project that uses its package
 * @property {boolean} verbose
 */
export {};
