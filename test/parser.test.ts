import { join } from 'node:path';
import { createContext, runInContext } from 'node:vm';
import { build } from 'esbuild';
import { describe, expect, it } from 'vitest';
import { HOST_OF_BROWSER } from './tools/hostOfBrowser.js';

async function bundle(): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [join(import.meta.dirname, '..', 'src', 'parser.ts')],
    bundle: true,
    write: false,
    format: 'iife',
    globalName: 'zfsUber',
    // A browser has no `node:` modules: the bundler fails on the first one that is reachable.
    platform: 'browser',
    target: 'es2022',
    plugins: [HOST_OF_BROWSER],
    logLevel: 'silent',
  });
  return outputFiles[0]?.text ?? '';
}

describe('the parser entry point', () => {
  it('loads where there is nothing of Node, and reads a source there', async () => {
    const page = createContext({ TextDecoder, TextEncoder });
    runInContext(await bundle(), page);
    const seen = await runInContext(
      `(async () => {
        const source = zfsUber.memorySource(new Uint8Array(64 << 20), 'empty.img');
        const survey = await zfsUber.surveyDevice(source, zfsUber.pureEngine);
        return survey.labels.map((label) => label.status).join();
      })()`,
      page,
    );
    expect(seen).toBe('empty,empty,empty,empty');
  });

  it('carves a source that was handed in, and keeps no file of how far it came', async () => {
    const page = createContext({ TextDecoder, TextEncoder });
    runInContext(await bundle(), page);
    const seen = await runInContext(
      `(async () => {
        const source = zfsUber.memorySource(new Uint8Array(8 << 20), 'empty.img');
        const { sources, vdevs } = await zfsUber.carve([source]);
        const refused = await zfsUber.carve([source], { state: 'x' }).catch(({ code }) => code);
        return JSON.stringify([sources.map(({ path, doneBytes }) => [path, doneBytes]), vdevs.length, refused]);
      })()`,
      page,
    );
    expect(JSON.parse(seen)).toEqual([[['empty.img', `${8 << 20}`]], 0, 'unsupported']);
  });
});
