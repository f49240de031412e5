// Builds dist/page: what a report page needs, as texts that the program has in itself.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));

/** @param {string} entry a file of src/browser @returns {Promise<string>} it and all that it imports, as one text */
async function bundled(entry) {
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
    banner: entry.endsWith('.ts') ? { js: '/*! With uPlot, copyright (c) Leon Sorokin, MIT license */' } : {},
    logLevel: 'warning',
  });
  return outputFiles[0]?.text ?? '';
}

/** The schema of a scan without what only people read. */
function schema() {
  const text = readFileSync(join(ROOT, 'schema', 'scan.json'), 'utf8');
  return JSON.stringify(
    JSON.parse(text, (name, value) => (name === 'description' && typeof value === 'string' ? undefined : value)),
  );
}

const texts = { SCRIPT: await bundled('report.ts'), STYLE: await bundled('report.css'), SCAN_SCHEMA: schema() };
mkdirSync(join(ROOT, 'dist', 'page'), { recursive: true });
writeFileSync(
  join(ROOT, 'dist', 'page', 'assets.js'),
  Object.entries(texts)
    .map(([name, text]) => `export const ${name} = ${JSON.stringify(text)};\n`)
    .join(''),
);
