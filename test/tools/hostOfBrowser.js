import { join } from 'node:path';

/**
 * Bundles sources as where there is nothing of Node: another module stands for what the library has of it.
 *
 * @type {import('esbuild').Plugin}
 */
export const HOST_OF_BROWSER = {
  name: 'host of browser',
  setup({ onResolve }) {
    onResolve({ filter: /^\.\/host\.ts$/ }, ({ resolveDir }) => ({ path: join(resolveDir, 'hostOfBrowser.ts') }));
  },
};
