import { scan } from '../api/scan.ts';
import { wasmEngine } from '../block/wasmEngine.ts';
import { handlePool } from '../node/handlePool.ts';
import { hostOf } from './web/droppedFiles.ts';
import type { FromWorker, ToWorker } from './web/messages.ts';
import { servedHost } from './web/servedFiles.ts';

/** Files of a folder that are open at a time; a browser has no limit of its own. */
const OPEN = 64;

const say = (message: FromWorker): void => postMessage(message);

/** @throws Error where there is none: TypeScript does its work */
async function wasmFrom(page: string | null): Promise<Uint8Array> {
  if (page !== null) return Uint8Array.from(atob(page), (character) => character.charCodeAt(0));
  const answer = await fetch(new URL('../wasm', location.href));
  if (!answer.ok) throw new Error(`the service answers ${answer.status}`);
  return new Uint8Array(await answer.arrayBuffer());
}

let stopping: AbortController | null = null;

addEventListener('message', async ({ data }: MessageEvent<ToWorker>) => {
  if (data.what === 'stop') {
    stopping?.abort();
    return;
  }
  stopping = new AbortController();
  const { files, sources, served, depth, zfs, wasm } = data;
  try {
    const document = await scan(sources, {
      depth,
      zfs,
      history: true,
      engine: wasmEngine(() => wasmFrom(wasm)),
      handles: handlePool(served === null ? hostOf(files) : servedHost(served), OPEN),
      signal: stopping.signal,
      progress: (progress) => say({ what: 'progress', progress }),
    });
    say({ what: 'document', document });
  } catch (error) {
    say({ what: 'failed', message: error instanceof Error ? error.message : String(error) });
  }
});
