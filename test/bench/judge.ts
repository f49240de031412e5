// What the whole command costs, `scan --depth meta`: all txgs beside the newest alone, and beside `zdb -e -bc` of one.
// Usage: judge [IMAGE.gz]; without one the pool of many files that is kept beside the repository.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { CACHE, unpackImage } from '../../bin/images.js';

const ROOT = join(import.meta.dirname, '..', '..');
const COMMAND = join(ROOT, 'bin', 'zfs-uber.js');
const MIB = 1024 * 1024;
const ROUNDS = 7;
/** Of several runs the one that was disturbed least. */
const best = (values: readonly number[]): number => Math.min(...values);

interface Run {
  readonly ms: number;
  /** Of the processor, all threads. */
  readonly cpu: number;
  /** Bytes at the peak. */
  readonly rss: number;
  readonly stdout: string;
}

interface Answer {
  readonly pools: readonly {
    readonly name: string;
    readonly candidates: readonly { readonly txg: string | number; readonly blocksChecked: number }[];
  }[];
}

const gz = process.argv[2] ?? join(ROOT, '..', 'shared', 'bench', 'many-files.img.gz');
if (!existsSync(gz)) throw new Error(`no image ${gz}`);
const path = await unpackImage(gz, join(CACHE, 'bench-judge'));
// Into the page cache.
readFileSync(path);

const folder = mkdtempSync(join(tmpdir(), 'judge-'));
/** Writes what a process took when it ends; loaded into it before anything else. */
const meter = join(folder, 'meter.json');
const METER = `process.on('exit', () => {
  const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
  const used = { cpu: (userCPUTime + systemCPUTime) / 1000, rss: maxRSS * 1024 };
  process.getBuiltinModule('node:fs').writeFileSync(${JSON.stringify(meter)}, JSON.stringify(used));
});`;
try {
  compare();
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function compare(): void {
  const { pools } = JSON.parse(scan([]).stdout) as Answer;
  const [pool] = pools;
  if (pool === undefined) throw new Error('no pool in the image');
  const txgs = pool.candidates.map(({ txg }) => Number(txg));
  const newest = ['--min-txg', `${Math.max(...txgs)}`];
  const blocks = pool.candidates.reduce((sum, { blocksChecked }) => sum + blocksChecked, 0);
  const hasZdb = spawnSync('zdb', ['-?']).error === undefined;
  const runs = { newest: [] as Run[], all: [] as Run[], zdb: [] as number[] };
  for (let round = 0; round < ROUNDS; round++) {
    runs.newest.push(scan(newest));
    runs.all.push(scan([]));
    if (hasZdb) runs.zdb.push(time('zdb', ['-e', '-bc', '-p', dirname(path), pool.name]).ms);
  }
  const [one, all, zdb] = [fastest(runs.newest), fastest(runs.all), best(runs.zdb)];
  console.log(`newest txg alone:                      ${one.ms.toFixed(0)} ms, ${one.cpu.toFixed(0)} ms of processor`);
  console.log(
    `all ${txgs.length} txgs of the ring, ${blocks} blocks:  ${all.ms.toFixed(0)} ms, ${all.cpu.toFixed(0)} ms`,
  );
  console.log(
    `ratio all : newest (at most 1.50):     ${(all.ms / one.ms).toFixed(2)}, ${(all.cpu / one.cpu).toFixed(2)}`,
  );
  if (hasZdb) {
    console.log(`zdb -e -bc, one txg:                   ${zdb.toFixed(0)} ms`);
    console.log(`ratio all : zdb (below 1.00):          ${(all.ms / zdb).toFixed(2)}`);
  } else console.log('zdb is not installed: no ratio');
  console.log(`peak memory, all (under 500 MiB):      ${(all.rss / MIB).toFixed(0)} MiB`);
}

function fastest(runs: readonly Run[]): { readonly ms: number; readonly cpu: number; readonly rss: number } {
  return {
    ms: best(runs.map(({ ms }) => ms)),
    cpu: best(runs.map(({ cpu }) => cpu)),
    rss: Math.max(...runs.map(({ rss }) => rss)),
  };
}

/** The command as a user runs it, in a process of its own: what it costs to start is part of the answer. */
function scan(args: readonly string[]): Run {
  const loaded = `data:text/javascript,${encodeURIComponent(METER)}`;
  const command = ['--import', loaded, COMMAND, 'scan', path, '--depth', 'meta', '--json', ...args];
  const run = time(process.execPath, command);
  return { ...run, ...(JSON.parse(readFileSync(meter, 'utf8')) as { cpu: number; rss: number }) };
}

/** @throws Error when it fails: a failed run is fast and proves nothing; a scan that found damage has not */
function time(program: string, args: readonly string[]): { ms: number; stdout: string } {
  const start = process.hrtime.bigint();
  const { status, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8', maxBuffer: 256 * MIB });
  const ms = Number(process.hrtime.bigint() - start) / 1e6;
  if (status === null || status > 1) throw new Error(`${program} ${args.join(' ')}: status ${status}\n${stderr}`);
  return { ms, stdout };
}
