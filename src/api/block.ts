import { UsageError, ZfsUberError } from '../bytes/errors.ts';
import { unlessStopped } from '../bytes/stopping.ts';
import { type BlockDocument, type BlockFacts, buildBlockDocument } from '../document/blockDocument.ts';
import { type Attempt, UnavailableBlockError } from '../pool/blockRead.ts';
import type { OpenedPool } from './openPool.ts';
import type { RawBlockPlace } from './poolBlock.ts';
import { askView, type ViewOptions } from './poolView.ts';
import { type Sources, withPools } from './session.ts';
import { unpackBlock } from './unpackBlock.ts';

export interface BlockOptions extends ViewOptions {
  /** Compression to undo: `lz4`, `gzip`, `zstd`, `lzjb`, `zle`. Null or absent: the bytes as stored. */
  readonly decompress?: string | null | undefined;
  /** Txg in which the block was written; matters on an expanded raidz. Default: the txg that is looked at. */
  readonly birth?: bigint | null | undefined;
}

/**
 * The bytes at an address, as `zdb -R`: nothing says what they have to be, so no checksum is asked.
 *
 * @param address `VDEV:OFFSET:SIZE` or `VDEV:OFFSET:LSIZE/PSIZE`, hexadecimal but for the vdev: `0:1a2b000:1000`; `0.1` is the
 *   second child of vdev 0
 * @returns the document of `block --json`: `hex` is null where nothing supplies the bytes, `readError` says why
 * @throws UsageError when the address or the compression makes no sense; as `datasets`
 */
export async function block(sources: Sources, address: string, options: BlockOptions = {}): Promise<BlockDocument> {
  const place = readAddress(address);
  return withPools(sources, options, async (opened) => {
    const { pool, head } = await askView(opened, options);
    const facts = await unlessStopped(
      options.signal,
      () => readFacts(pool, address, place, options),
      () => ({ ...nothing(address), stopped: true }),
    );
    return buildBlockDocument(head(), facts);
  });
}

/** Where to read, and how long the content is where it is compressed. */
interface BlockAddress extends RawBlockPlace {
  /** Null when it was not given. */
  readonly lsize: number | null;
}

const ADDRESS =
  /^(\d{1,5}(?:\.\d{1,5})*):(?:0x)?([0-9a-f]{1,14}):(?:(?:0x)?([0-9a-f]{1,8})\/)?(?:0x)?([0-9a-f]{1,8})$/i;

/** @throws UsageError when it is no address */
function readAddress(text: string): BlockAddress {
  const [, vdev, offset, lsize, size] = ADDRESS.exec(text) ?? [];
  if (vdev === undefined || offset === undefined || size === undefined) {
    throw new UsageError(
      `block: expected VDEV:OFFSET:SIZE, offset and size hexadecimal, such as 0:1a2b000:1000; found '${text}'`,
    );
  }
  return {
    vdev: vdev.split('.').map(Number),
    offset: BigInt(`0x${offset}`),
    size: Number.parseInt(size, 16),
    lsize: lsize === undefined ? null : Number.parseInt(lsize, 16),
  };
}

const nothing = (address: string): BlockFacts => ({
  address,
  bytes: null,
  decompressed: null,
  attempts: [],
  error: null,
  stopped: false,
});

async function readFacts(
  pool: OpenedPool | null,
  text: string,
  address: BlockAddress,
  { txg = null, birth = null, decompress = null, signal }: BlockOptions,
): Promise<BlockFacts> {
  const none = nothing(text);
  if (pool === null) return none;
  let attempts: readonly Attempt[] = [];
  try {
    const read = await pool.readRaw({ ...address, birth }, txg, { signal });
    attempts = read.attempts;
    if (decompress === null) return { ...none, bytes: read.bytes, attempts };
    const { kind, bytes } = await unpackBlock(read.bytes, decompress, address.lsize);
    return { ...none, bytes, decompressed: kind, attempts };
  } catch (error) {
    if (!(error instanceof ZfsUberError) || error instanceof UsageError) throw error;
    if (error instanceof UnavailableBlockError) attempts = error.attempts;
    return { ...none, attempts, error };
  }
}
