// Scans images that are packed with gzip, in memory: a source is any bytes.
//
//   npx tsx scan-packed-images.ts disk0.img.gz disk1.img.gz
import { readFile } from 'node:fs/promises';
import { gunzipSync } from 'node:zlib';
import { memorySource, scan } from 'zfs-uber';

const paths = process.argv.slice(2);
const sources = [];
for (const path of paths) sources.push(memorySource(gunzipSync(await readFile(path)), path));
for (const { name, recommendation } of (await scan(sources)).pools) console.log(name, recommendation?.txg);
