// What the whole command costs on pools of many kinds, `scan --depth meta`: all txgs beside the newest alone, and beside
// `zdb -e -bc` of one. Prints a table, which docs/speed.md explains.
// Usage: judge [--rounds N] [--write FILE] [PATH...]; a PATH is an image, packed (.gz, .zst) or not, or a folder of the
// images of one pool, or of packed ones; without any the packed ones that are kept beside the repository.
// With ZFS_UBER_SCALE, a folder of pools.sh and mkpool, and names of its pools in place of paths, they are made first.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { CACHE, unpackImage } from '../../bin/images.js';
import { wholeNumber } from '../tools/askedFor.ts';
import { type Run, run } from '../tools/measure.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const COMMAND = join(ROOT, 'bin', 'zfs-uber.cjs');
const KEPT = join(CACHE, 'bench-judge');
const { values, positionals } = parseArgs({
  options: { rounds: { type: 'string', default: '3' }, write: { type: 'string' } },
  allowPositionals: true,
});
const ROUNDS = wholeNumber('--rounds', values.rounds);

interface Answer {
  readonly pools: readonly {
    readonly name: string;
    readonly candidates: readonly { readonly txg: string | number; readonly blocksChecked: number }[];
  }[];
}

/** A pool, and the images that it is made of. */
interface BenchPool {
  readonly name: string;
  readonly images: readonly string[];
}

const isPacked = (path: string): boolean => /\.img\.(gz|zst)$/.test(path);

/** @throws Error when there is no such thing, or nothing to unpack or make it with */
async function poolsAt(path: string): Promise<readonly BenchPool[]> {
  const scale = process.env['ZFS_UBER_SCALE'];
  if (!existsSync(path) && scale !== undefined) {
    const made = join(KEPT, path);
    if (!existsSync(made)) must(join(scale, 'pools.sh'), [KEPT, path]);
    return poolsAt(made);
  }
  if (!existsSync(path)) throw new Error(`no image ${path}`);
  const name = basename(path).replace(/\.img.*$/, '');
  if (!statSync(path).isDirectory()) return [{ name, images: [isPacked(path) ? await unpack(path) : path] }];
  const inside = readdirSync(path).map((file) => join(path, file));
  const packed = inside.filter(isPacked);
  if (packed.length > 0) return (await Promise.all(packed.map(poolsAt))).flat();
  return [{ name, images: inside.filter((file) => file.endsWith('.img')) }];
}

/** Each in a folder of its own, since zdb takes all that are in one for the same pool. */
const unpack = (packed: string): Promise<string> =>
  unpackImage(packed, join(KEPT, basename(packed).replace(/\.img.*$/, '')));

function must(program: string, args: readonly string[]): void {
  const { status, error } = spawnSync(program, args, { stdio: ['ignore', 'ignore', 'inherit'] });
  if (status !== 0) throw new Error(`${program} ${args.join(' ')}: ${error?.message ?? `status ${status}`}`);
}

const best = (runs: readonly Run[], of: 'ms' | 'cpu'): number => Math.min(...runs.map((each) => each[of]));
const ratio = (a: number, b: number): string => (b > 0 ? (a / b).toFixed(2) : '-');
const MIB = 1024 * 1024;

const TITLE = `# Speed: the table

\`npm run bench -- judge --write\` wrote it; [what its columns say](speed.md).`;

const HEAD = [
  'pool',
  'txgs, blocks',
  'newest: ms, processor',
  'all: ms, processor',
  'all : newest',
  'all : zdb -bc of one',
  'net of starting',
  'peak MiB',
  'reads, in a row: newest',
  'all',
];

function rowOf({ name, images }: BenchPool, folder: string): string[] {
  // Into the page cache, as far as it goes; and what is to be asked for.
  const scan = [COMMAND, 'scan', '--depth', 'meta', '--json', ...images];
  const first = run(process.execPath, scan, folder);
  const [pool] = (JSON.parse(first.stdout) as Answer).pools;
  if (pool === undefined) throw new Error(`no pool in ${name}`);
  const txgs = pool.candidates.map(({ txg }) => Number(txg));
  const blocks = pool.candidates.reduce((sum, { blocksChecked }) => sum + blocksChecked, 0);
  const newest = [...scan, '--min-txg', `${Math.max(...txgs)}`];
  const zdb = (what: string): readonly string[] => ['-e', what, '-p', dirname(images[0] ?? ''), pool.name];
  const hasZdb = spawnSync('zdb', ['-?']).error === undefined;
  const runs = { newest: [] as Run[], all: [] as Run[], node: [] as Run[], zdb: [] as Run[], zdbStart: [] as Run[] };
  for (let round = 0; round < ROUNDS; round++) {
    runs.newest.push(run(process.execPath, newest, folder));
    runs.all.push(run(process.execPath, scan, folder));
    runs.node.push(run(process.execPath, ['-e', '0'], folder));
    if (!hasZdb) continue;
    runs.zdb.push(run('zdb', zdb('-bc'), folder));
    runs.zdbStart.push(run('zdb', zdb('-u'), folder));
  }
  const both = (of: readonly Run[]): string => `${best(of, 'ms').toFixed(0)}, ${best(of, 'cpu').toFixed(0)}`;
  const net = (of: 'ms' | 'cpu'): string =>
    ratio(best(runs.all, of) - best(runs.node, of), best(runs.zdb, of) - best(runs.zdbStart, of));
  const reads = ([one]: readonly Run[]): string => `${one?.reads.count}, ${one?.reads.inARow}`;
  return [
    name,
    `${txgs.length}, ${blocks}`,
    both(runs.newest),
    both(runs.all),
    `${ratio(best(runs.all, 'ms'), best(runs.newest, 'ms'))}, ${ratio(best(runs.all, 'cpu'), best(runs.newest, 'cpu'))}`,
    hasZdb
      ? `${ratio(best(runs.all, 'ms'), best(runs.zdb, 'ms'))}, ${ratio(best(runs.all, 'cpu'), best(runs.zdb, 'cpu'))}`
      : '-',
    hasZdb ? `${net('ms')}, ${net('cpu')}` : '-',
    `${(Math.max(...[...runs.newest, ...runs.all].map(({ rss }) => rss)) / MIB).toFixed(0)}`,
    reads(runs.newest),
    reads(runs.all),
  ];
}

const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
const folder = mkdtempSync(join(tmpdir(), 'judge-'));
try {
  const asked = positionals.length > 0 ? positionals : [join(ROOT, '..', 'shared', 'bench')];
  const pools = (await Promise.all(asked.map(poolsAt))).flat();
  const lines = [line(HEAD), line(HEAD.map(() => '---'))];
  for (const each of pools) {
    lines.push(line(rowOf(each, folder)));
    console.error(lines.at(-1));
  }
  const [load = 0] = loadavg();
  const how = `Best of ${ROUNDS} runs in turns; ${cpus().length} processors, load ${load.toFixed(1)} at the end, Node ${process.versions.node}.`;
  const table = `${TITLE}\n\n${lines.join('\n')}\n\n${how}\n`;
  if (values.write === undefined) console.log(table);
  else writeFileSync(values.write, table);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
