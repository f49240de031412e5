import {
  closeSync,
  createReadStream,
  existsSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  renameSync,
  statSync,
  writeSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createGunzip } from 'node:zlib';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));

/** What the tests and the demo unpack or fetch: nothing of it is part of the package. */
export const CACHE = join(ROOT, 'node_modules', '.cache', 'zfs-uber');

/** Runs of zeros of this length stay holes of the unpacked file. */
const HOLE = 64 * 1024;
const ZEROS = Buffer.alloc(HOLE);

/**
 * Unpacks `gz` as a sparse file into `into`, unless that is done already.
 *
 * @param {string} gz path of a gzip file
 * @param {string} into folder, made where it is missing
 * @returns {Promise<string>} path of the unpacked file: the name without `.gz`
 */
export async function unpackImage(gz, into) {
  const target = join(into, basename(gz, '.gz'));
  if (existsSync(target) && statSync(target).mtimeMs >= statSync(gz).mtimeMs) return target;
  mkdirSync(into, { recursive: true });
  // Several test workers may unpack the same image: each writes its own file, the last rename wins.
  const partial = `${target}.${process.pid}.${Math.random().toString(36).slice(2)}`;
  const fd = openSync(partial, 'wx');
  try {
    let at = 0;
    for await (const chunk of createReadStream(gz).pipe(createGunzip({ chunkSize: HOLE }))) {
      if (!ZEROS.subarray(0, chunk.length).equals(chunk)) writeSync(fd, chunk, 0, chunk.length, at);
      at += chunk.length;
    }
    ftruncateSync(fd, at);
  } finally {
    closeSync(fd);
  }
  renameSync(partial, target);
  return target;
}
