import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
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
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createGunzip } from 'node:zlib';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));

/** What the tests and the demo unpack or fetch: nothing of it is part of the package. */
export const CACHE = join(ROOT, 'node_modules', '.cache', 'zfs-uber');

/** Runs of zeros of this length stay holes of the unpacked file. */
const HOLE = 64 * 1024;
const ZEROS = Buffer.alloc(HOLE);

/**
 * How an image is packed: whole; only its runs of data behind a line that says where they belong, so that an image of
 * any size is unpacked in the time that its data takes; or by zstd.
 */
const PACKED = ['.sparse.gz', '.gz', '.zst'];

/** Two collections may have pools of one name. @param {string} folder of a pool @returns {string} where it is unpacked to */
function cacheOf(folder) {
  const collection = resolve(dirname(folder));
  if (collection === join(ROOT, 'test-images')) return join(CACHE, 'pools', basename(folder));
  return join(CACHE, `pools-${createHash('sha256').update(collection).digest('hex').slice(0, 12)}`, basename(folder));
}

/**
 * @param {string} folder of a pool @param {string} image its name
 * @param {string} [into] where it is unpacked to, unless it lies in `folder` as it is
 * @returns {Promise<string>} path of the image
 */
export async function imageIn(folder, image, into = cacheOf(folder)) {
  if (existsSync(join(folder, image))) return join(folder, image);
  const packed = PACKED.map((ending) => join(folder, `${image}${ending}`)).find((path) => existsSync(path));
  return unpackImage(packed ?? join(folder, `${image}.gz`), into);
}

/**
 * Unpacks an image as a sparse file into `into`, unless that is done already.
 *
 * @param {string} packed path that ends in one of {@link PACKED}
 * @param {string} into folder, made where it is missing
 * @returns {Promise<string>} path of the unpacked file: the name without that ending
 */
export async function unpackImage(packed, into) {
  const ending = PACKED.find((each) => packed.endsWith(each)) ?? '';
  const target = join(into, basename(packed, ending));
  if (existsSync(target) && statSync(target).mtimeMs >= statSync(packed).mtimeMs) return target;
  mkdirSync(into, { recursive: true });
  // Several test workers may unpack the same image: each writes its own file, the last rename wins.
  const partial = `${target}.${process.pid}.${Math.random().toString(36).slice(2)}`;
  if (ending === '.zst') unpackZstd(packed, partial);
  else await unpackGzip(packed, partial, ending === '.sparse.gz');
  renameSync(partial, target);
  return target;
}

/** @param {string} packed @param {string} path */
function unpackZstd(packed, path) {
  const { status, error, stderr } = spawnSync('zstd', ['-q', '-d', '--sparse', packed, '-o', path], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`zstd -d ${packed}: ${error?.message ?? stderr}`);
}

/** @param {string} packed @param {string} path @param {boolean} inRuns the data stands behind a list of its runs */
async function unpackGzip(packed, path, inRuns) {
  const fd = openSync(path, 'wx');
  try {
    const chunks = createReadStream(packed).pipe(createGunzip({ chunkSize: HOLE }));
    /** @type {{ size: number, runs: [offset: number, length: number][] } | null} */
    let list = null;
    let head = Buffer.alloc(0);
    let at = 0;
    for await (let chunk of chunks) {
      if (inRuns && list === null) {
        head = Buffer.concat([head, chunk]);
        const end = head.indexOf('\n');
        if (end < 0) continue;
        list = JSON.parse(head.subarray(0, end).toString());
        chunk = head.subarray(end + 1);
      }
      if (list === null) {
        if (!ZEROS.subarray(0, chunk.length).equals(chunk)) writeSync(fd, chunk, 0, chunk.length, at);
        at += chunk.length;
        continue;
      }
      while (chunk.length > 0) {
        const run = list.runs[0];
        if (run === undefined) throw new Error(`${packed}: more data than its list of runs has`);
        const length = Math.min(run[1], chunk.length);
        writeSync(fd, chunk, 0, length, run[0]);
        chunk = chunk.subarray(length);
        if (length === run[1]) list.runs.shift();
        else list.runs[0] = [run[0] + length, run[1] - length];
      }
    }
    ftruncateSync(fd, list?.size ?? at);
  } finally {
    closeSync(fd);
  }
}
