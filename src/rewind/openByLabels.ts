import { unread } from '../dataset/openMos.ts';
import { type OpenBlocks, PoolReaders } from '../dataset/poolReaders.ts';
import type { BlockReader } from '../pool/blockRead.ts';
import type { VdevNode } from '../pool/pool.ts';

/**
 * Opens the blocks of a pool as its labels alone describe it: what salts, removed vdevs and a growing raidz ask for stands
 * in a meta-object set, which is found through this reader.
 */
export const openByLabels = ({ open }: { readonly open: OpenBlocks }, root: VdevNode): BlockReader =>
  new PoolReaders(open).open(unread(root)).reader;
