// Scans pools whose images were put into every format of disk images, and compares each document with that of the raw images.
import { execFileSync } from 'node:child_process';
import { linkSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { parseArgs } from 'node:util';
import { imageIn } from '../../bin/images.js';
import { scan } from '../../src/api/scan.ts';
import type { ScanDocument } from '../../src/document/scanDocument.ts';
import { oneOf, refuse } from '../tools/askedFor.ts';
import { truthOf } from '../tools/images.ts';

const {
  values: { format: only, pool: named, work },
  positionals: folders,
} = parseArgs({
  options: {
    format: { type: 'string', multiple: true, default: [] },
    pool: { type: 'string', multiple: true, default: [] },
    work: { type: 'string', default: tmpdir() },
  },
  allowPositionals: true,
});

/** Of each format the ending, and what makes a file of it. */
const FORMATS: Readonly<Record<string, (raw: string, out: string) => string>> = {
  qcow2: (raw, out) => converted(raw, `${out}.qcow2`, '-O', 'qcow2'),
  'qcow2-old': (raw, out) => converted(raw, `${out}.qcow2`, '-O', 'qcow2', '-o', 'compat=0.10'),
  'qcow2-deflate': (raw, out) => converted(raw, `${out}.qcow2`, '-c', '-O', 'qcow2'),
  'qcow2-zstd': (raw, out) => converted(raw, `${out}.qcow2`, '-c', '-O', 'qcow2', '-o', 'compression_type=zstd'),
  'qcow2-extended': (raw, out) =>
    converted(raw, `${out}.qcow2`, '-O', 'qcow2', '-o', 'extended_l2=on,cluster_size=128k'),
  'qcow2-chain': (raw, out) => {
    qemu('create', '-q', '-f', 'qcow2', '-b', basename(raw), '-F', 'raw', `${out}.qcow2`);
    return `${out}.qcow2`;
  },
  vmdk: (raw, out) => converted(raw, `${out}.vmdk`, '-O', 'vmdk'),
  'vmdk-stream': (raw, out) => converted(raw, `${out}.vmdk`, '-O', 'vmdk', '-o', 'subformat=streamOptimized'),
  'vmdk-split': (raw, out) => converted(raw, `${out}.vmdk`, '-O', 'vmdk', '-o', 'subformat=twoGbMaxExtentSparse'),
  'vmdk-flat': (raw, out) => converted(raw, `${out}.vmdk`, '-O', 'vmdk', '-o', 'subformat=monolithicFlat'),
  vdi: (raw, out) => converted(raw, `${out}.vdi`, '-O', 'vdi'),
  vhd: (raw, out) => converted(raw, `${out}.vhd`, '-O', 'vpc', '-o', 'force_size=on'),
  'vhd-fixed': (raw, out) => converted(raw, `${out}.vhd`, '-O', 'vpc', '-o', 'subformat=fixed,force_size=on'),
  vhdx: (raw, out) => converted(raw, `${out}.vhdx`, '-O', 'vhdx'),
  split: (raw, out) => {
    run('split', '-b', '20M', '-d', '-a', '3', '--numeric-suffixes=1', raw, `${out}.`);
    return `${out}.001`;
  },
  ewf: (raw, out) => {
    run('ewfacquire', '-u', '-q', '-c', 'fast', '-f', 'encase6', '-S', '2097152', '-t', out, raw);
    return `${out}.E01`;
  },
};

const run = (program: string, ...args: string[]) =>
  void execFileSync(program, args, { stdio: ['ignore', 'ignore', 'pipe'] });
const qemu = (...args: string[]) => run('qemu-img', ...args);
function converted(raw: string, out: string, ...options: string[]): string {
  qemu('convert', '-f', 'raw', ...options, raw, out);
  return out;
}

/** What tells of the form of the file alone. Steps and commands name devices by what shows the disk to the system. */
const OF_THE_FORM = new Set([
  'kind',
  'madeOf',
  'steps',
  'commands',
  'command',
  'lines',
  'devices',
  'overlay',
  'elapsedMs',
  'generatedAt',
  'startedAt',
]);

/** The document without what may differ. @param names of the files, each by that of its raw image */
function essence(document: ScanDocument, names: ReadonlyMap<string, string>): string {
  const without = (key: string, value: unknown): unknown => {
    if (OF_THE_FORM.has(key) || key.startsWith('command')) return undefined;
    return typeof value === 'bigint' ? String(value) : value;
  };
  let text = JSON.stringify(document, without, 1);
  for (const [name, raw] of names) text = text.replaceAll(name, raw);
  return text;
}

/** The first lines that differ. */
function difference(a: string, b: string): string {
  const [left, right] = [a.split('\n'), b.split('\n')];
  const at = left.findIndex((line, i) => line !== right[i]);
  const around = (lines: readonly string[]) => lines.slice(Math.max(0, at - 6), at + 6).join('\n');
  return `line ${at}\n--- raw\n${around(left)}\n--- here\n${around(right)}`;
}

let differing = 0;
if (folders.length === 0) {
  refuse(
    'usage: node bin/develop.js formats [--format NAME]... [--pool NAME]... [--work DIR] DIR...   (as accuracy; needs qemu-img and ewfacquire)',
  );
}
for (const format of only) oneOf('format', format, Object.keys(FORMATS));
const pools = folders.flatMap(poolsIn);
if (pools.length === 0) refuse(`no pool with a truth.json in ${folders.join(', ')}`);
const names = pools.map(({ name }) => name);
for (const name of named) oneOf('pool', name, names);
for (const { name, dir, truth } of pools) {
  if (named.length > 0 && !named.includes(name)) continue;
  const place = mkdtempSync(join(work, `zfs-uber-formats-${name}-`));
  try {
    await compareFormats(name, await Promise.all(truth.images.map((image) => imageIn(dir, image))), place);
  } finally {
    rmSync(place, { recursive: true });
  }
}
if (differing > 0) process.exitCode = 1;

function poolsIn(folder: string) {
  return readdirSync(folder)
    .sort()
    .flatMap((name) => {
      const dir = join(folder, name);
      const truth = statSync(dir).isDirectory() ? truthOf(dir) : null;
      return truth === null ? [] : [{ name, dir, truth }];
    });
}

async function compareFormats(pool: string, images: readonly string[], place: string): Promise<void> {
  const raws = images.map((image, i) => {
    const path = join(place, `disk${i}.img`);
    symlinkSync(image, path);
    return path;
  });
  const raw = essence(await scan(raws, { depth: 'meta' }), new Map());
  for (const [format, make] of Object.entries(FORMATS)) {
    if (only.length > 0 && !only.includes(format)) continue;
    const own = join(place, format);
    mkdirSync(own);
    const names = new Map<string, string>();
    const files = images.map((image, i) => {
      // The parent of a chain lies beside it.
      if (format === 'qcow2-chain') placeBeside(image, join(own, `disk${i}.img`));
      const file = make(format === 'qcow2-chain' ? join(own, `disk${i}.img`) : image, join(own, `disk${i}`));
      names.set(file, join(place, `disk${i}.img`));
      return file;
    });
    const here = essence(await scan(files, { depth: 'meta' }), names);
    const same = here === raw;
    if (!same) differing++;
    console.log(`${pool.padEnd(26)} ${format.padEnd(16)} ${same ? 'the same' : `DIFFERS: ${difference(raw, here)}`}`);
    rmSync(own, { recursive: true });
  }
}

function placeBeside(image: string, path: string): void {
  try {
    linkSync(image, path);
  } catch {
    execFileSync('cp', ['--sparse=always', image, path]);
  }
}
