import type { BlockDocument } from '../document/blockDocument.ts';
import { bytesOfHex } from '../document/nvlistJson.ts';
import { blockText } from '../text/blockText.ts';
import { answering } from './answer.ts';
import type { BLOCK_OPTIONS } from './commandOptions.ts';
import { OF_VIEW } from './viewAnswer.ts';

export const block = answering<typeof BLOCK_OPTIONS, BlockDocument>({
  ...OF_VIEW,
  ask: (library, { sources, operands: [address = ''], values: { pool, txg, decompress, birth } }, calling) =>
    library.block(sources, address, { pool, txg, decompress, birth, ...calling }),
  text: blockText,
  instead: ({ hex }, { raw }) => (raw ? (hex === null ? [] : [bytesOfHex(hex)]) : null),
  notes(document, { raw }) {
    const { pool, readError, stopped } = document;
    const none = readError?.message ?? (pool === null ? 'no pool was found' : null);
    return [...(raw && none !== null && !stopped ? [`block: ${none}`] : []), ...OF_VIEW.notes(document)];
  },
});
