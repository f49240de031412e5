// Packs the images of a pool for test-images: node test/tools/packImages.js FOLDER IMAGE...   (unpacked by bin/images.js)
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { closeSync, mkdirSync, openSync, readSync, statSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { gzipSync } from 'node:zlib';

const BLOCK = 4096;
const CHUNK = 1024 * 1024;
const ZEROS = Buffer.alloc(BLOCK);

/** Prints the ranges that are no holes of a file: asking the file system is quicker than reading 20 TB of zeros. */
const DATA_RANGES = `
import os, sys
f = os.open(sys.argv[1], os.O_RDONLY)
end, at = os.fstat(f).st_size, 0
while at < end:
    try: at = os.lseek(f, at, os.SEEK_DATA)
    except OSError: break
    hole = os.lseek(f, at, os.SEEK_HOLE)
    print(at, hole)
    at = hole
`;

/** @param {string} image @returns {number[][]} */
function dataRanges(image) {
  const printed = execFileSync('python3', ['-c', DATA_RANGES, image], { encoding: 'utf8' });
  return printed
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.split(' ').map(Number));
}

/** @type {Buffer[]} */
const data = [];
let dataLength = 0;
/** Where a block stands in the data, by its digest. @type {Map<string, number>} */
const known = new Map();

/** @param {Buffer} block @returns {number} where it stands in the data */
function place(block) {
  const digest = createHash('sha256').update(block).digest('base64');
  const at = known.get(digest);
  if (at !== undefined) return at;
  known.set(digest, dataLength);
  data.push(block);
  dataLength += block.length;
  return dataLength - block.length;
}

/** @param {string} image */
function pack(image) {
  /** @type {[offset: number, length: number, at: number][]} */
  const runs = [];
  const fd = openSync(image, 'r');
  for (const [from = 0, to = 0] of dataRanges(image)) {
    for (let offset = from; offset < to; offset += CHUNK) {
      const chunk = Buffer.alloc(Math.min(CHUNK, to - offset));
      readSync(fd, chunk, 0, chunk.length, offset);
      for (let within = 0; within < chunk.length; within += BLOCK) {
        const block = chunk.subarray(within, within + BLOCK);
        if (ZEROS.subarray(0, block.length).equals(block)) continue;
        const at = place(block);
        const last = runs.at(-1);
        if (last !== undefined && last[0] + last[1] === offset + within && last[2] + last[1] === at) {
          last[1] += block.length;
        } else runs.push([offset + within, block.length, at]);
      }
    }
  }
  closeSync(fd);
  return { name: basename(image), size: statSync(image).size, runs };
}

const [folder, ...paths] = process.argv.slice(2);
if (folder === undefined || paths.length === 0) {
  console.error('usage: node test/tools/packImages.js FOLDER IMAGE...');
  process.exit(2);
}
mkdirSync(folder, { recursive: true });
const images = paths.map(pack);
const target = join(folder, 'images.gz');
writeFileSync(target, gzipSync(Buffer.concat([Buffer.from(`${JSON.stringify({ images })}\n`), ...data]), { level: 9 }));
console.log(`${target}: ${statSync(target).size} bytes`);
