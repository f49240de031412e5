// dist/page/assets.js, which building the program makes: bin/browserPages.js.

/** The script of a report page. */
export const SCRIPT: string;
/** Its style sheet. */
export const STYLE: string;
/** The schema of `scan --json`, as JSON. */
export const SCAN_SCHEMA: string;
