// Packs an image for test-images: node test/tools/packImage.js IMAGE FOLDER [NAME]
import { execFileSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readSync, statSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { gzipSync } from 'node:zlib';

/** Above it an image is packed by its runs of data: unpacking the zeros of a large one takes longer than its tests. */
const WHOLE = 512 * 1024 * 1024;
const BLOCK = 4096;
const CHUNK = 1024 * 1024;
const ZEROS = Buffer.alloc(BLOCK);

const [image, folder, name = image && basename(image)] = process.argv.slice(2);
if (image === undefined || folder === undefined || name === undefined) {
  console.error('usage: node test/tools/packImage.js IMAGE FOLDER [NAME]');
  process.exit(2);
}

/** Ranges that are no holes of the file: asking the file system is quicker than reading 20 TB of zeros. */
function dataRanges() {
  const script =
    'import os,sys\nf=os.open(sys.argv[1],os.O_RDONLY);e=os.fstat(f).st_size;a=0\nwhile a<e:\n try: a=os.lseek(f,a,os.SEEK_DATA)\n except OSError: break\n b=os.lseek(f,a,os.SEEK_HOLE);print(a,b);a=b';
  const lines = execFileSync('python3', ['-c', script, image ?? ''], { encoding: 'utf8' })
    .trim()
    .split('\n');
  return lines.filter((line) => line !== '').map((line) => line.split(' ').map(Number));
}

const { size } = statSync(image);
mkdirSync(folder, { recursive: true });
const fd = openSync(image, 'r');
/** @type {[number, number][]} */
const runs = [];
/** @type {Buffer[]} */
const data = [];
for (const [from = 0, to = 0] of dataRanges()) {
  for (let at = from; at < to; at += CHUNK) {
    const chunk = Buffer.alloc(Math.min(CHUNK, to - at));
    readSync(fd, chunk, 0, chunk.length, at);
    for (let offset = 0; offset < chunk.length; offset += BLOCK) {
      const block = chunk.subarray(offset, offset + BLOCK);
      if (ZEROS.subarray(0, block.length).equals(block)) continue;
      const last = runs.at(-1);
      if (last !== undefined && last[0] + last[1] === at + offset) last[1] += block.length;
      else runs.push([at + offset, block.length]);
      data.push(block);
    }
  }
}
closeSync(fd);

let packed = Buffer.concat([Buffer.from(`${JSON.stringify({ size, runs })}\n`), ...data]);
let ending = '.sparse.gz';
if (size <= WHOLE) {
  ending = '.gz';
  packed = Buffer.alloc(size);
  let from = 0;
  const all = Buffer.concat(data);
  for (const [offset, length] of runs) {
    all.copy(packed, offset, from, from + length);
    from += length;
  }
}
const target = join(folder, `${name}${ending}`);
writeFileSync(target, gzipSync(packed, { level: 9 }));
console.log(`${target}: ${statSync(target).size} bytes`);
