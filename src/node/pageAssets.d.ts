// dist/page/assets.js, which building the program makes: bin/browserPages.js.

/** JSON with the texts `script` and `style` of a report page and `scanSchema`, of `scan --json`; Brotli, in base64. */
export const ASSETS: string;
