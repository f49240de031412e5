import { execFile, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { ZfsUberError } from '../../src/bytes/errors.ts';
import { openFileSource } from '../../src/node/fileSource.ts';
import { bookmarkOf, lineOf, lineOfZdb, listBlocks } from './blockList.ts';
import { openSources } from './openSources.ts';

/** OpenZFS's own random stress: it makes a pool, works on it, kills itself in the middle, and goes on. */
export const ZTEST =
  ['/usr/sbin/ztest', '/sbin/ztest', '/usr/local/sbin/ztest', '/usr/bin/ztest'].find(existsSync) ?? null;

/** Kinds of pools; what else is in them is left to chance. */
export const ZTEST_POOLS: Readonly<Record<string, readonly string[]>> = {
  disks: ['-K', 'raidz', '-r', '1', '-m', '1', '-v', '3'],
  mirror: ['-K', 'raidz', '-r', '1', '-m', '2', '-v', '3'],
  'mirror-3': ['-K', 'raidz', '-r', '1', '-m', '3', '-v', '2', '-a', '12'],
  raidz1: ['-K', 'raidz', '-R', '1', '-r', '4', '-m', '1'],
  raidz2: ['-K', 'raidz', '-R', '2', '-r', '5', '-m', '1', '-a', '0'],
  raidz3: ['-K', 'raidz', '-R', '3', '-r', '6', '-m', '1'],
  'raidz1-mirrored': ['-K', 'raidz', '-R', '1', '-r', '3', '-m', '2', '-v', '1'],
  'raidz1-expanding': ['-K', 'eraidz', '-R', '1', '-r', '4', '-m', '1', '-v', '1'],
  'raidz2-expanding': ['-K', 'eraidz', '-R', '2', '-r', '5', '-m', '1', '-v', '1'],
  draid1: ['-K', 'draid', '-R', '1', '-D', '3', '-S', '1', '-r', '6', '-m', '1', '-v', '1'],
  draid2: ['-K', 'draid', '-R', '2', '-D', '4', '-S', '2', '-r', '10', '-m', '1', '-v', '1', '-a', '12'],
  draid3: ['-K', 'draid', '-R', '3', '-D', '2', '-S', '2', '-r', '9', '-m', '1', '-v', '1'],
  'gang-blocks': ['-K', 'raidz', '-r', '1', '-m', '2', '-v', '3', '-g', '4096'],
};

/**
 * Makes a pool named `ztest` in `dir`.
 *
 * @param seconds of stress, in two passes; what ztest does besides takes as long again
 * @returns what it printed when it failed, null when it did not; either way a pool is there
 */
export function runZtest(ztest: string, dir: string, args: readonly string[], seconds: number): Promise<string | null> {
  mkdirSync(dir, { recursive: true });
  const times = ['-T', String(seconds), '-P', String(Math.max(1, Math.floor(seconds / 2)))];
  return new Promise((resolve, reject) => {
    const child = spawn(ztest, ['-f', dir, '-s', '128m', ...times, ...args], { timeout: (seconds + 60) * 2000 });
    let output = '';
    const keep = (chunk: Buffer): void => {
      output = (output + chunk.toString()).slice(-4000);
    };
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    child.on('error', reject);
    child.on('close', (status) => resolve(status === 0 ? null : output));
  });
}

/** The devices of a pool that ztest made. */
export const ztestImages = (dir: string): string[] =>
  readdirSync(dir)
    .filter((file) => /^ztest\.\d+[a-z]$/.test(file))
    .map((file) => join(dir, file));

/** What zdb and we found in one pool. */
export interface BlockComparison {
  /** Block pointers that both list, embedded ones included. */
  readonly same: number;
  /** Lines that only one of the two has. */
  readonly onlyZdb: readonly string[];
  readonly onlyHere: readonly string[];
  /** Blocks that were verified here, and those that failed, by bookmark: `<objset, object, level, block id>`. */
  readonly verified: number;
  readonly failed: ReadonlyMap<string, ZfsUberError>;
  /** Bookmarks of those that zdb could not read. */
  readonly zdbFailed: readonly string[];
}

/**
 * Lists and reads all blocks with `zdb -bbbbbcc` and here.
 *
 * @returns null when zdb does not get to the end
 */
export async function compareBlocks(
  zdb: string,
  images: readonly string[],
  name: string,
  txg?: number,
): Promise<BlockComparison | null> {
  const theirs = await askZdbBlocks(zdb, images, name, txg);
  if (theirs === null) return null;
  const sources = await Promise.all(images.map((path) => openFileSource(path)));
  try {
    const { view } = await openSources(sources, { name, ...(txg === undefined ? {} : { txg: BigInt(txg) }) });
    const expected = new Map<string, number>();
    for (const line of theirs.lines) expected.set(line, (expected.get(line) ?? 0) + 1);
    const onlyHere: string[] = [];
    const failed = new Map<string, ZfsUberError>();
    let [same, verified] = [0, 0];
    for await (const block of listBlocks(view, { onTrouble: () => {} })) {
      const line = lineOf(block);
      const left = expected.get(line) ?? 0;
      if (left === 0) onlyHere.push(line);
      else same++;
      if (left === 1) expected.delete(line);
      else if (left > 1) expected.set(line, left - 1);
      if (block.bp.embedded) continue;
      // The last block of a log is one that was never written.
      if (block.level === -2) continue;
      try {
        await view.blocks.verify(block.bp);
        verified++;
      } catch (error) {
        if (!(error instanceof ZfsUberError)) throw error;
        failed.set(bookmarkOf(block), error);
      }
    }
    const onlyZdb = [...expected].flatMap(([line, count]) => Array.from({ length: count }, () => line));
    return { same, onlyZdb, onlyHere, verified, failed, zdbFailed: theirs.failed };
  } finally {
    await Promise.all(sources.map((source) => source.close()));
  }
}

async function askZdbBlocks(
  zdb: string,
  images: readonly string[],
  name: string,
  txg: number | undefined,
): Promise<{ lines: string[]; failed: string[] } | null> {
  const dir = mkdtempSync(join(tmpdir(), 'zfs-uber-blocks-'));
  try {
    for (const image of images) symlinkSync(image, join(dir, basename(image)));
    // Without -L zdb also looks for leaks, which the txgs of a rewind do have.
    const args = ['-L', '-bbbbbcc', '-e', '-p', dir, ...(txg === undefined ? [] : ['-t', String(txg)]), name];
    const text = await new Promise<string>((resolve) => {
      execFile(zdb, args, { maxBuffer: 1024 * 1024 * 1024, timeout: 300_000 }, (_error, stdout) => resolve(stdout));
    });
    if (!text.includes('bp count:')) return null;
    const lines: string[] = [];
    const failed: string[] = [];
    for (const line of text.split('\n')) {
      const block = lineOfZdb(line);
      if (block !== null) lines.push(block);
      const failure = /Got error \d+ reading (<[^>]*>)/.exec(line)?.[1];
      if (failure !== undefined) failed.push(failure);
    }
    return { lines, failed };
  } finally {
    rmSync(dir, { recursive: true });
  }
}
