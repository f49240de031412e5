import type { Blkptr } from '../../src/format/blkptr.ts';
import type { Attempt, BlockReader } from '../../src/pool/blockRead.ts';

/** A reader that answers with what `answer` gives: the content of a block, or the error to throw. */
export function fakeReader(answer: (bp: Blkptr) => Uint8Array | Error): BlockReader {
  const attempts: readonly Attempt[] = [{ place: null, vdev: 'd', outcome: 'good', error: null }];
  const read: BlockReader['read'] = (bp) => {
    const given = answer(bp);
    return given instanceof Error
      ? Promise.reject(given)
      : Promise.resolve({ bytes: given, attempts, encrypted: false });
  };
  return { read, verify: read };
}

/** An object set block: its type, and a meta-dnode of one level with 16 KiB blocks. */
export function objset(type: bigint, metaDnodeType = 10): Uint8Array {
  const bytes = new Uint8Array(1024);
  const view = new DataView(bytes.buffer);
  bytes.set([metaDnodeType, 17, 1, 1], 0);
  view.setUint16(8, 32, true);
  view.setBigUint64(704, type, true);
  return bytes;
}
