/**
 * Help that was laid out when the package was built, by command; of the whole program under ''. Here there is none:
 * bin/bundle.js puts its own in this place.
 */
export const HELP_PAGES: Readonly<Record<string, string>> = {};
