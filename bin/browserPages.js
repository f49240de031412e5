// Builds dist/page, what a report page needs, packed, which the program has in itself, and dist/web, the page that does the
// same in a browser: index.html, one file, which any host serves and a browser opens as it is; and served.html, which loads
// the modules of dist/ from `zfs-uber web`.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync } from 'node:zlib';
import { build } from 'esbuild';
import { WASM } from './wasm.js';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const UPLOT = readFileSync(join(ROOT, 'node_modules', 'uplot', 'LICENSE'), 'utf8');

/** Puts what the worker has of Node where its modules are imported. As CommonJS it may lack names that nobody calls. */
const NODE = {
  name: 'node',
  /** @param {import('esbuild').PluginBuild} build */
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^node:/ }, () => ({ path: 'node', namespace: 'node' }));
    onLoad({ filter: /^node$/, namespace: 'node' }, () => ({
      contents: "module.exports = require('./src/browser/web/node.ts');",
      resolveDir: ROOT,
    }));
  },
};

/**
 * @param {string} entry a file of src/browser
 * @param {string} [licence] of what is in it
 * @returns {Promise<string>} it and all that it imports, as one text
 */
async function bundled(entry, licence = '') {
  const { outputFiles } = await build({
    absWorkingDir: ROOT,
    entryPoints: [join('src', 'browser', entry)],
    outdir: 'dist',
    write: false,
    bundle: true,
    minify: true,
    format: 'iife',
    platform: 'browser',
    target: ['es2022', 'chrome109', 'firefox115', 'safari16'],
    // The page that it stands in may be saved in whatever encoding.
    charset: 'ascii',
    legalComments: 'inline',
    logLevel: 'warning',
    banner: licence === '' ? {} : { js: `/*!\n${licence}*/` },
    define: { 'import.meta.url': '""' },
    plugins: [NODE],
  });
  return outputFiles[0]?.text ?? '';
}

/** The schema of a scan without what only people read. */
function schema() {
  const text = readFileSync(join(ROOT, 'schema', 'scan.json'), 'utf8');
  const kept = /** @param {string} name @param {unknown} value */ (name, value) =>
    name === 'description' && typeof value === 'string' ? undefined : value;
  return JSON.stringify(JSON.parse(text, kept));
}

const SCRIPT = await bundled('report.ts', `With uPlot:\n${UPLOT}`);
const STYLE = await bundled('report.css');
mkdirSync(join(ROOT, 'dist', 'page'), { recursive: true });
writeFileSync(
  join(ROOT, 'dist', 'page', 'assets.js'),
  `export const ASSETS = '${brotliCompressSync(JSON.stringify({ script: SCRIPT, style: STYLE, scanSchema: schema() })).toString('base64')}';\n`,
);

/** @param {string} text */
const hash = (text) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
/** A text for a script of the page. @param {string} id @param {string} text */
const data = (id, text) =>
  `<script type="application/json" id="${id}">${JSON.stringify(text).replaceAll('<', '\\u003c')}</script>`;

const [script, style, worker] = [await bundled('web.ts'), await bundled('web.css'), await bundled('webWorker.ts')];
// The report's own hashes too: its frame may do no more than this page. `connect-src data:` is a codec's own code.
/** @param {string} scripts from where @param {string} workers from where @param {string} others to whom it connects */
const policyOf = (scripts, workers, others) =>
  [
    "default-src 'none'",
    `script-src ${scripts} ${hash(SCRIPT)} 'wasm-unsafe-eval'`,
    `style-src ${hash(style)} ${hash(STYLE)}`,
    `worker-src ${workers}; connect-src ${others}; img-src data:; base-uri 'none'; form-action 'none'`,
  ].join('; ');
const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
const template = readFileSync(join(ROOT, 'src', 'browser', 'web.html'), 'utf8')
  .replaceAll('{version}', () => version)
  .replace(/<style>[^<]*<\/style>/, () => `<style>${style}</style>`);
// Without it the page has TypeScript alone.
const wasm = existsSync(WASM) ? readFileSync(WASM).toString('base64') : '';
const page = template
  .replace('{policy}', () => policyOf(`${hash(script)} blob:`, 'blob:', 'data:'))
  .replace('<!--data-->', () =>
    [data('worker', worker), data('report-script', SCRIPT), data('report-style', STYLE), data('wasm', wasm)].join('\n'),
  )
  .replace(/<script>[^<]*<\/script>/, () => `<script>${script}</script>`);
const served = template
  .replace('<!--data-->\n', '')
  .replace('{policy}', () => policyOf("'self'", "'self'", "'self' data:"))
  .replace(/<script>[^<]*<\/script>/, () => '<script type="module" src="modules/web.js"></script>');
mkdirSync(join(ROOT, 'dist', 'web'), { recursive: true });
writeFileSync(join(ROOT, 'dist', 'web', 'index.html'), page);
writeFileSync(join(ROOT, 'dist', 'web', 'served.html'), served);
