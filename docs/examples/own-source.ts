// A source of one's own: anything that gives bytes at an offset. Here a file of which each read is counted; it could be a
// snapshot in an object store, or a disk behind a debugger.
//
//   npx tsx own-source.ts disk0.img disk1.img
import { open } from 'node:fs/promises';
import { type ByteSource, openBlockReader, pureEngine, SourceError, scanPools, surveyDevice } from 'zfs-uber/parser';

interface CountedSource extends ByteSource {
  readonly reads: () => { readonly count: number; readonly bytes: number };
  readonly close: () => Promise<void>;
}

async function countedSource(path: string): Promise<CountedSource> {
  const handle = await open(path, 'r');
  const { size } = await handle.stat();
  let [count, bytes] = [0, 0];
  return {
    name: path,
    size,
    async read(offset, length) {
      const buffer = new Uint8Array(length);
      const { bytesRead } = await handle.read(buffer, 0, length, offset);
      // All or an error: whoever can do with less asks for less.
      if (bytesRead < length) {
        throw new SourceError('source-short', `${bytesRead} of ${length} bytes`, { source: path, offset, path: [] });
      }
      count++;
      bytes += length;
      return buffer;
    },
    reads: () => ({ count, bytes }),
    close: () => handle.close(),
  };
}

const sources = await Promise.all(process.argv.slice(2).map(countedSource));
const devices = await Promise.all(sources.map((source) => surveyDevice(source, pureEngine)));
const engine = pureEngine;
const { judgements } = await scanPools(
  devices,
  ({ root }) => (root === null ? null : openBlockReader(root, { engine })),
  { depth: 'meta', blocks: { engine, open: (root, more) => openBlockReader(root, { engine, ...more }) } },
);
for (const { pool, candidates, recommendation } of judgements) {
  const good = candidates.filter(({ prediction }) => prediction.verdict === 'importable');
  console.log(
    JSON.stringify({
      pool: pool.name,
      txgs: candidates.length,
      good: good.length,
      best: `${recommendation?.candidate.candidate.txg}`,
    }),
  );
}
for (const source of sources) {
  console.log(JSON.stringify({ source: source.name, ...source.reads() }));
  await source.close();
}
