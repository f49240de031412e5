/** As package.json has it: a bundle is far from that file. `npm version` writes both. */
export const VERSION = '0.1.0';
