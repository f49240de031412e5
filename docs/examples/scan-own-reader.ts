// Scans disks in a store of objects by a reader of one's own. `get` stands for its client: `GetObject` with a `Range`.
//
//   npx tsx scan-own-reader.ts https://store.example/bucket/ disk0.img disk1.img
import { type ByteSource, openPools, SourceError, scan, verify } from 'zfs-uber';

const [store = '', ...keys] = process.argv.slice(2);

const get = (key: string, range: string) => fetch(new URL(key, store), { headers: { range } });

async function disk(key: string): Promise<ByteSource> {
  const first = await get(key, 'bytes=0-0');
  const size = Number(first.headers.get('content-range')?.split('/')[1]);
  return {
    name: key,
    size,
    // Exactly `length` bytes, or a SourceError: what could not be read is then told, and all else is judged.
    async read(offset, length) {
      const answer = await get(key, `bytes=${offset}-${offset + length - 1}`);
      const bytes = new Uint8Array(await answer.arrayBuffer());
      if (answer.status === 206 && bytes.length === length) return bytes;
      throw new SourceError('EIO', `HTTP ${answer.status}`, { source: key, offset, path: [] });
    },
  };
}

const opened = await openPools(await Promise.all(keys.map(disk)));
const { pools } = await scan(opened);
for (const { name, recommendation } of pools) console.log(name, recommendation?.txg);
const txg = pools[0]?.recommendation?.txg ?? null;
if (txg !== null) console.log((await verify(opened, BigInt(txg), { depth: 'meta' })).verdict);
await opened.close();
