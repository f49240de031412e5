import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  closeSync,
  createReadStream,
  existsSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  statSync,
  writeSync,
} from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createGunzip, gunzipSync } from 'node:zlib';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));

/** What the tests and the demo unpack or fetch: nothing of it is part of the package. */
export const CACHE = join(ROOT, 'node_modules', '.cache', 'zfs-uber');

/** Runs of zeros of this length stay holes of the unpacked file. */
const HOLE = 64 * 1024;
const ZEROS = Buffer.alloc(HOLE);

/**
 * The images of a pool in one gzip stream: a line of JSON, `{ images: [{ name, size, runs: [[offset, length, at]] }] }`,
 * then the data that the runs name by where it begins. Blocks that stand in several images, as the legs of a mirror
 * have them, are kept once, and an image of 20 TB unpacks in the time that its data takes.
 */
const ARCHIVE = 'images.gz';

/** An image by itself. */
const PACKED = ['.gz', '.zst'];

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
  const archive = join(folder, ARCHIVE);
  if (existsSync(archive)) {
    const target = join(into, image);
    if (!isUnpacked(archive, target)) unpackArchive(archive, into);
    return target;
  }
  const packed = PACKED.map((ending) => join(folder, `${image}${ending}`)).find((path) => existsSync(path));
  return unpackImage(packed ?? join(folder, `${image}.gz`), into);
}

/** @param {string} packed @param {string} target */
const isUnpacked = (packed, target) => existsSync(target) && statSync(target).mtimeMs >= statSync(packed).mtimeMs;

/** Several test workers may unpack the same image: each writes its own file, the last rename wins. @param {string} target */
const partialOf = (target) => `${target}.${process.pid}.${Math.random().toString(36).slice(2)}`;

/** @param {string} archive @param {string} into */
function unpackArchive(archive, into) {
  mkdirSync(into, { recursive: true });
  const bytes = gunzipSync(readFileSync(archive));
  const end = bytes.indexOf('\n');
  const data = bytes.subarray(end + 1);
  /** @type {{ images: { name: string, size: number, runs: [offset: number, length: number, at: number][] }[] }} */
  const { images } = JSON.parse(bytes.subarray(0, end).toString());
  for (const { name, size, runs } of images) {
    const target = join(into, name);
    const partial = partialOf(target);
    const fd = openSync(partial, 'wx');
    try {
      for (const [offset, length, at] of runs) writeSync(fd, data, at, length, offset);
      ftruncateSync(fd, size);
    } finally {
      closeSync(fd);
    }
    renameSync(partial, target);
  }
}

/**
 * Unpacks an image as a sparse file into `into`, unless that is done already.
 *
 * @param {string} packed path that ends in .gz or .zst
 * @param {string} into folder, made where it is missing
 * @returns {Promise<string>} path of the unpacked file: the name without that ending
 */
export async function unpackImage(packed, into) {
  const ending = PACKED.find((each) => packed.endsWith(each)) ?? '';
  const target = join(into, basename(packed, ending));
  if (isUnpacked(packed, target)) return target;
  mkdirSync(into, { recursive: true });
  const partial = partialOf(target);
  if (ending === '.zst') unpackZstd(packed, partial);
  else await unpackGzip(packed, partial);
  renameSync(partial, target);
  return target;
}

/** @param {string} packed @param {string} path */
function unpackZstd(packed, path) {
  const { status, error, stderr } = spawnSync('zstd', ['-q', '-d', '--long=30', '--sparse', packed, '-o', path], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`zstd -d ${packed}: ${error?.message ?? stderr}`);
}

/** @param {string} packed @param {string} path */
async function unpackGzip(packed, path) {
  const fd = openSync(path, 'wx');
  try {
    let at = 0;
    for await (const chunk of createReadStream(packed).pipe(createGunzip({ chunkSize: HOLE }))) {
      if (!ZEROS.subarray(0, chunk.length).equals(chunk)) writeSync(fd, chunk, 0, chunk.length, at);
      at += chunk.length;
    }
    ftruncateSync(fd, at);
  } finally {
    closeSync(fd);
  }
}
