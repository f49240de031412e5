import type { RawBlockPlace } from '../api/poolBlock.ts';
import { unlessStopped } from '../api/unlessStopped.ts';
import { unpackBlock } from '../api/unpackBlock.ts';
import { UsageError, ZfsUberError } from '../bytes/errors.ts';
import { printable } from '../bytes/printable.ts';
import { type BlockFacts, buildBlockDocument } from '../document/blockDocument.ts';
import { type Attempt, UnavailableBlockError } from '../pool/blockRead.ts';
import { blockHeadText, hexDump } from '../text/blockText.ts';
import type { Run } from './command.ts';
import type { BLOCK_OPTIONS } from './commandOptions.ts';
import { type AskedView, withPoolView } from './poolView.ts';
import { sendJson, sendParts } from './sendParts.ts';
import { pageFor, takesUnicode } from './terminal.ts';

/** Where to read, and how long the content is where it is compressed. */
export interface BlockAddress extends RawBlockPlace {
  /** Null when it was not given. */
  readonly lsize: number | null;
}

const ADDRESS =
  /^(\d{1,5}(?:\.\d{1,5})*):(?:0x)?([0-9a-f]{1,14}):(?:(?:0x)?([0-9a-f]{1,8})\/)?(?:0x)?([0-9a-f]{1,8})$/i;

/**
 * `VDEV:OFFSET:SIZE` or `VDEV:OFFSET:LSIZE/PSIZE`, hexadecimal but for the vdev, as `zdb -R` takes it.
 *
 * @throws UsageError when it is none
 */
export function readAddress(text: string): Omit<BlockAddress, 'birth'> {
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

export const runBlock: Run<typeof BLOCK_OPTIONS> = async (request, terminal, library) => {
  const { operands, values } = request;
  const [text = ''] = operands;
  const address = { ...readAddress(text), birth: values.birth };
  return withPoolView(request, terminal, library, async (asked) => {
    const none = { address: text, bytes: null, decompressed: null, attempts: [], error: null, stopped: true };
    const facts = await unlessStopped(
      asked.signal,
      () => readBlock(asked, text, address, values),
      () => none,
    );
    if (values.raw) {
      const { error } = facts;
      if (facts.bytes !== null) await terminal.send(facts.bytes);
      const why = error ?? (asked.pool === null ? 'no pool was found' : null);
      if (why === null || facts.stopped) return;
      const message = typeof why === 'string' ? why : why.message;
      terminal.err(`${printable(`zfs-uber: block: ${message}`, takesUnicode(terminal))}\n`);
      return;
    }
    const document = buildBlockDocument(asked.head, facts);
    if (values.json) return sendJson(terminal, document);
    terminal.out(`${blockHeadText(await pageFor(terminal, values['no-color']), document).join('\n')}\n`);
    if (facts.bytes === null) return;
    terminal.out('\n');
    await sendParts(terminal, hexDump(facts.bytes));
  });
};

async function readBlock(
  { pool, signal, incomplete }: AskedView,
  text: string,
  address: BlockAddress,
  values: { readonly txg: bigint | null; readonly decompress: string | null },
): Promise<BlockFacts> {
  const none = { address: text, bytes: null, decompressed: null, attempts: [], error: null, stopped: false };
  if (pool === null) return none;
  let attempts: readonly Attempt[] = [];
  try {
    const read = await pool.readRaw(address, values.txg, { signal });
    attempts = read.attempts;
    if (values.decompress === null) return { ...none, bytes: read.bytes, attempts };
    const { kind, bytes } = await unpackBlock(read.bytes, values.decompress, address.lsize);
    return { ...none, bytes, decompressed: kind, attempts };
  } catch (error) {
    if (!(error instanceof ZfsUberError) || error instanceof UsageError) throw error;
    incomplete();
    if (error instanceof UnavailableBlockError) attempts = error.attempts;
    return { ...none, attempts, error };
  }
}
