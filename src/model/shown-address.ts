/** An address without what may be secret in it: user and password, query and fragment. */
export const shownAddress = (address: string): string => address.replace(/^([a-z][a-z\d+.-]*:\/\/)?.*@/i, '$1').replace(/[?#].*$/s, '');

/** Homes as the systems lay them out: recordings are read on other machines than they were made on. */
const HOME = /^(?:\/home|\/Users|[A-Za-z]:[\\/]Users)[\\/][^\\/]+/;

/** A path without the user's name: the home folder is `~`. */
export const shownPath = (path: string): string => path.replace(HOME, '~').replace(/^\/root(?=\/|$)/, '~');
