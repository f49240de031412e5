import type { SourceEntry } from '../document.ts';

/** Not a slice, nor a partition that does not begin where its disk does, nor a vdev that ends before its source. */
export const isWhole = ({ kind, offsetBytes, hidden }: SourceEntry): boolean =>
  offsetBytes === '0' && kind !== 'slice' && hidden === undefined;

/** Options of losetup(8) for a source that is not the whole of its file; with a space in front. */
export const partOf = (source: SourceEntry): string =>
  isWhole(source) ? '' : ` -o ${source.offsetBytes} --sizelimit ${source.sizeBytes}`;
