export { UserError } from './model/errors.js';
