import { expect, it } from 'vitest';
import { BLKPTR } from '../../src/format/blkptr.layout.ts';
import { PointerScan, type RewrittenBirth } from '../../src/traverse/pointerScan.ts';

/** A pointer that was born in txg 5 and rewritten in txg 9. */
function rewrittenPointer(): DataView {
  const view = new DataView(new ArrayBuffer(BLKPTR.size));
  view.setBigUint64(BLKPTR.fields.props2.offset, 1n << 63n, true);
  view.setBigUint64(BLKPTR.fields.physicalBirth.offset, 9n, true);
  view.setBigUint64(BLKPTR.fields.birth.offset, 5n, true);
  return view;
}

it.each<[RewrittenBirth, number]>([
  ['logical', 5],
  ['physical', 9],
])('takes a rewritten block by its %s birth where the release does', (rewritten, birth) => {
  const scan = new PointerScan([], { rewritten });
  scan.at(rewrittenPointer(), 0, true);
  expect(scan.birth).toBe(birth);
});
