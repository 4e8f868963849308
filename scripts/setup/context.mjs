/**
 * What every step needs.
 * @typedef {object} Context
 * @property {import('./paths.mjs').Places} places
 * @property {NodeJS.ProcessEnv} env
 * @property {import('./progress.mjs').Progress} progress
 * @property {boolean} verbose
 */
export {};
