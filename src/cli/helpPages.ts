/**
 * Help that was laid out when the package was built, by columns and by command; of the whole program under ''. Here there
 * is none: bin/bundle.js puts its own in this place.
 */
export const HELP_PAGES: Readonly<Record<number, Readonly<Record<string, string>>>> = {};
