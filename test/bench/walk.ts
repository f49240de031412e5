// What verifying all blocks costs beside `zdb -e -bc`, and all txgs beside one, as ratios measured in one run.
// Usage: walk [IMAGE.gz]; without one the pool of many files that is kept beside the repository.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { CACHE, unpackImage } from '../../bin/images.js';
import { createVerifier } from '../../src/traverse/verifier.ts';
import { engine, openPool } from '../traverse/openedPool.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const MIB = 1024 * 1024;
const ROUNDS = 5;
/** Of several runs the one that was disturbed least. */
const best = (values: readonly number[]): number => Math.min(...values);

const [task, image = join(ROOT, '..', 'shared', 'bench', 'many-files.img.gz')] = process.argv.slice(2);
if (task === 'newest' || task === 'all') await verify(task, image);
else await compare(task ?? image);

/** In a process of its own: what one run keeps in memory, and what it costs to start, is part of the answer. */
async function verify(which: 'newest' | 'all', path: string): Promise<void> {
  const pool = await openPool([path]);
  const [newest] = pool.candidates;
  const verifier = createVerifier({ engine, oldestTxg: pool.candidates.at(-1)?.txg ?? 0n });
  let blocks = 0;
  for (const candidate of which === 'newest' && newest !== undefined ? [newest] : pool.candidates) {
    const { view, reader } = await pool.at(candidate);
    blocks += (await verifier.verify(view, { reader, data: false, readOnly: true })).blocksChecked;
  }
  await pool.close();
  const { maxRSS } = process.resourceUsage();
  console.log(JSON.stringify({ blocks, rss: maxRSS * 1024, memo: verifier.memoryBytes, pool: pool.pool.name }));
}

async function compare(gz: string): Promise<void> {
  if (!existsSync(gz)) throw new Error(`no image ${gz}`);
  const path = await unpackImage(gz, join(CACHE, 'bench-walk'));
  // Into the page cache.
  readFileSync(path);
  const times = { newest: [] as number[], all: [] as number[], zdb: [] as number[] };
  const last = { newest: run('newest', path), all: run('all', path) };
  const hasZdb = spawnSync('zdb', ['-?']).error === undefined;
  for (let round = 0; round < ROUNDS; round++) {
    for (const which of ['newest', 'all'] as const) {
      last[which] = run(which, path);
      times[which].push(last[which].ms);
    }
    if (hasZdb) times.zdb.push(time('zdb', ['-e', '-bc', '-p', dirname(path), last.newest.pool]).ms);
  }
  const [newest, all, zdb] = [best(times.newest), best(times.all), best(times.zdb)];
  console.log(`newest txg, all metadata (${last.newest.blocks} blocks):  ${newest.toFixed(0)} ms`);
  console.log(`all txgs in the ring (${last.all.blocks} blocks):        ${all.toFixed(0)} ms`);
  console.log(`ratio all : newest (at most 1.50):             ${(all / newest).toFixed(2)}`);
  if (hasZdb) {
    console.log(`zdb -e -bc, one txg:                           ${zdb.toFixed(0)} ms`);
    console.log(`ratio newest : zdb (at most 1.50):             ${(newest / zdb).toFixed(2)}`);
    console.log(`ratio all : zdb (below 1.00):                  ${(all / zdb).toFixed(2)}`);
  } else console.log('zdb is not installed: no ratio');
  console.log(`peak memory, newest (under 300 MiB):           ${(last.newest.rss / MIB).toFixed(0)} MiB`);
  console.log(`peak memory, all (under 500 MiB):              ${(last.all.rss / MIB).toFixed(0)} MiB`);
  console.log(`of it for blocks that were judged:             ${(last.all.memo / MIB).toFixed(1)} MiB`);
}

function run(which: string, path: string): { ms: number; blocks: number; rss: number; memo: number; pool: string } {
  const { ms, stdout } = time(process.execPath, [import.meta.filename, which, path]);
  return { ms, ...(JSON.parse(stdout) as { blocks: number; rss: number; memo: number; pool: string }) };
}

/** @throws Error when it fails: a failed run is fast and proves nothing */
function time(program: string, args: readonly string[]): { ms: number; stdout: string } {
  const start = process.hrtime.bigint();
  const { status, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8' });
  const ms = Number(process.hrtime.bigint() - start) / 1e6;
  if (status !== 0) throw new Error(`${program} ${args.join(' ')}: status ${status}\n${stderr}`);
  return { ms, stdout };
}
