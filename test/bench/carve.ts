// How fast a disk is carved, beside `dd` with as large pieces, of one file in turns: elapsed time and processor time a GiB.
// The file is given, or made of noise, 1 GiB.
import { spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { carveDisk } from '../../src/dataset/carveDisk.ts';
import { chooseEngine } from '../../src/node/engine.ts';
import { openFileSource } from '../../src/node/fileSource.ts';

const ROUNDS = 7;
const GIB = 2 ** 30;

const [given] = process.argv.slice(2);
const room = mkdtempSync(join(tmpdir(), 'zfs-uber-bench-'));
const path = given ?? noise(join(room, 'noise.img'));
const engine = chooseEngine();

function noise(file: string): string {
  const handle = openSync(file, 'w');
  const piece = new Uint8Array(2 ** 22);
  for (let at = 0; at < GIB; at += piece.length) {
    for (let from = 0; from < piece.length; from += 65536) crypto.getRandomValues(piece.subarray(from, from + 65536));
    writeSync(handle, piece);
  }
  closeSync(handle);
  return file;
}

interface Taken {
  readonly elapsed: number;
  readonly processor: number;
}

async function carved(): Promise<Taken> {
  const source = await openFileSource(path);
  const [began, before] = [performance.now(), process.cpuUsage()];
  await carveDisk(source, { engine });
  const { user, system } = process.cpuUsage(before);
  const elapsed = performance.now() - began;
  await source.close();
  return { elapsed, processor: (user + system) / 1000 };
}

function copied(): Taken {
  const began = performance.now();
  spawnSync('dd', [`if=${path}`, 'of=/dev/null', 'bs=4M'], { stdio: 'ignore' });
  return { elapsed: performance.now() - began, processor: Number.NaN };
}

const source = await openFileSource(path);
const gibs = source.size / GIB;
await source.close();
await carved();
const ours: Taken[] = [];
const theirs: Taken[] = [];
for (let round = 0; round < ROUNDS; round++) {
  theirs.push(copied());
  ours.push(await carved());
}
const best = (all: readonly Taken[], field: keyof Taken) => Math.min(...all.map((each) => each[field])) / gibs;
const line = (name: string, value: number) => console.log(`${name.padEnd(40)} ${value.toFixed(0)} ms a GiB`);
line('dd, elapsed', best(theirs, 'elapsed'));
line('carve, elapsed', best(ours, 'elapsed'));
line('carve, processor time', best(ours, 'processor'));
console.log(`rate of dd from the page cache: ${(best(theirs, 'elapsed') / best(ours, 'elapsed')).toFixed(2)}`);
rmSync(room, { recursive: true });
