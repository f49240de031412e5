import type { Laid } from '../../source/overlaid.ts';

const SECTOR = 512;

/**
 * The device-mapper table that shows a vdev with ranges of a patch file over its own. ORIGIN and PATCH stand for the
 * devices, whose numbers nobody knows before; in the patch file the ranges follow one another.
 *
 * @param start of the vdev in its origin, in bytes
 * @param size of the vdev in bytes
 * @param ranges ascending, in whole sectors but for the end of the vdev
 * Source: Linux, Documentation/admin-guide/device-mapper/linear.rst
 */
export function mappedTable(start: number, size: number, ranges: readonly Laid[]): string {
  const lines: string[] = [];
  const first = start / SECTOR;
  const line = (from: number, to: number, target: string): void => {
    if (to > from) lines.push(`${from} ${to - from} linear ${target}`);
  };
  let [at, patched] = [0, 0];
  for (const { offset, bytes } of ranges) {
    const [from, to] = [offset / SECTOR, Math.floor((offset + bytes.length) / SECTOR)];
    line(at, from, `ORIGIN ${first + at}`);
    line(from, to, `PATCH ${patched}`);
    patched += to - from;
    at = to;
  }
  line(at, Math.floor(size / SECTOR), `ORIGIN ${first + at}`);
  return `${lines.join('\n')}\n`;
}
