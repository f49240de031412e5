// A folder into which images are copied, as a laboratory has one: each is looked at once it has stopped growing, and a line
// says whether there is a pool and whether it would import.
//
//   npx tsx watch-a-folder.ts /evidence            until it is stopped
//   npx tsx watch-a-folder.ts /evidence --once     what is there now
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { scan } from 'zfs-uber';

/** Seconds between two looks; a file that did not grow between them is whole. */
const PAUSE = 5;

async function lookAt(path: string): Promise<void> {
  const { sources, pools } = await scan([path], { depth: 'mos' });
  const troubles = sources.flatMap(({ error }) => error?.message ?? []);
  const found = pools.map(({ name, guid, candidates, missing }) => ({
    pool: name ?? guid,
    newest: candidates[0]?.txg ?? null,
    verdict: candidates[0]?.verdict ?? null,
    // Of a pool of several disks one image alone says incomplete: scan them together then.
    missing: missing.length,
  }));
  console.log(JSON.stringify({ path, found, troubles }));
}

async function watch(folder: string, once: boolean): Promise<void> {
  const sizes = new Map<string, number>();
  const done = new Set<string>();
  for (;;) {
    for (const name of (await readdir(folder)).sort()) {
      const path = join(folder, name);
      const status = await stat(path).catch(() => null);
      if (status === null || !status.isFile() || done.has(path)) continue;
      if (once || sizes.get(path) === status.size) {
        done.add(path);
        await lookAt(path);
      }
      sizes.set(path, status.size);
    }
    if (once) return;
    await wait(PAUSE * 1000);
  }
}

const [folder = '.', mode] = process.argv.slice(2);
await watch(folder, mode === '--once');
