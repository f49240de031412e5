// What a scan costs beside what people run today, as ratios measured in one run.
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { CACHE } from '../../bin/images.js';
import { pool, poolImages } from '../tools/images.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const COMMAND = join(ROOT, 'bin', 'zfs-uber.cjs');
const SOURCES = 64;
const ROUNDS = 7;
const MIB = 1024 * 1024;

/** Makes a child report its peak memory and the bytes it read on descriptor 3. */
const REPORT = `data:text/javascript,${encodeURIComponent(
  `import { readFileSync, writeSync } from 'node:fs';
   process.on('exit', () => {
     const read = /rchar: (\\d+)/.exec(readFileSync('/proc/self/io', 'utf8'))[1];
     writeSync(3, JSON.stringify({ rss: process.resourceUsage().maxRSS * 1024, read: Number(read) }));
   });`,
)}`;

/** Milliseconds that a program takes. @throws Error when it fails: a failed run is fast and proves nothing */
function time(program: string, args: readonly string[], allowed: readonly number[] = [0]): number {
  const start = process.hrtime.bigint();
  const { status } = spawnSync(program, args, { stdio: 'ignore' });
  const end = process.hrtime.bigint();
  if (status === null || !allowed.includes(status)) throw new Error(`${program} ${args[0]}: status ${status}`);
  return Number(end - start) / 1e6;
}

function measure(sources: readonly string[]): { rss: number; read: number } {
  const { output } = spawnSync(
    process.execPath,
    ['--import', REPORT, COMMAND, 'scan', '--depth', 'labels', '--json', ...sources],
    {
      stdio: ['ignore', 'ignore', 'inherit', 'pipe'],
      encoding: 'utf8',
    },
  );
  return JSON.parse(output[3] ?? '') as { rss: number; read: number };
}

const median = (values: number[]): number => values.sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
const ms = (value: number): string => `${value.toFixed(0)} ms`;

const [image = ''] = await poolImages(pool('torn-sector'));
const folder = join(CACHE, 'bench-scan');
rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });
const sources = Array.from({ length: SOURCES }, (_, i) => join(folder, `d${i}.img`));
for (const source of sources) copyFileSync(image, source);
const [one = ''] = sources;

const zdb = spawnSync('zdb', ['-lu', one]).status === 0;
const scans: number[] = [];
const zdbs: number[] = [];
const single: number[] = [];
const empty: number[] = [];
/** Of two runs one after the other: what else the machine does slows both. */
const above: number[] = [];
for (let round = 0; round < ROUNDS; round++) {
  scans.push(time(process.execPath, [COMMAND, 'scan', '--depth', 'labels', '--json', ...sources]));
  if (zdb) zdbs.push(sources.reduce((sum, source) => sum + time('zdb', ['-lu', source]), 0));
  for (let i = 0; i < 3; i++) {
    const scanned = time(process.execPath, [COMMAND, 'scan', '--depth', 'labels', '--json', one]);
    const nothing = time(process.execPath, ['-e', '0']);
    single.push(scanned);
    empty.push(nothing);
    above.push(scanned - nothing);
  }
}
const few = measure([one]);
const many = measure(sources);

console.log(`${SOURCES} sources of 64 MiB, scan --depth labels:  ${ms(median(scans))}`);
if (zdb) {
  console.log(`zdb -lu on each of them in turn:            ${ms(median(zdbs))}`);
  console.log(`ratio (at most 0.50):                       ${(median(scans) / median(zdbs)).toFixed(2)}`);
} else console.log('zdb is not installed: no ratio');
console.log(
  `one source less node -e 0 (at most 40 ms):  ${ms(median(above))} (${ms(median(single))} - ${ms(median(empty))})`,
);
console.log(
  `bytes read a source (at most 1 MiB + 64 KiB): ${((many.read - few.read) / (SOURCES - 1) / 1024).toFixed(1)} KiB`,
);
console.log(`peak memory, ${SOURCES} sources (under 150 MiB):    ${(many.rss / MIB).toFixed(0)} MiB`);
rmSync(folder, { recursive: true, force: true });
