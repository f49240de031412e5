import { UsageError } from '../bytes/errors.ts';
import type { ImageCheckDocument } from '../document/imageCheckDocument.ts';
import type { VerifyDocument } from '../document/verifyDocument.ts';
import { answering } from './answer.ts';
import type { VERIFY_OPTIONS } from './commandOptions.ts';
import { imageCheckStatus, verifyStatus } from './exitStatus.ts';

export const verify = answering<typeof VERIFY_OPTIONS, VerifyDocument>({
  async ask(library, { sources, values: { txg, checkpoint, depth, pool, zfs } }, { progress, signal }) {
    if (checkpoint && txg !== null) throw new UsageError('verify: --txg and --checkpoint exclude each other');
    const asked = checkpoint ? 'checkpoint' : txg;
    if (asked === null) throw new UsageError('verify: say which txg: --txg T or --checkpoint; or --image');
    return library.verify(sources, asked, { ...(depth && { depth }), pool, zfs: zfs ?? undefined, progress, signal });
  },
  async text(page, document, { all, quiet }) {
    const { verifyText } = await import('../text/verifyText.ts');
    return [verifyText(page, document, { all, quiet })];
  },
  status: verifyStatus,
});

export const checkImages = answering<typeof VERIFY_OPTIONS, ImageCheckDocument>({
  async ask(library, { sources, values: { txg, checkpoint, depth, pool } }, { progress, signal }) {
    const other = checkpoint || [txg, depth, pool].some((value) => value !== null);
    if (other) throw new UsageError('verify: --image looks at the bytes of an image, and at no txg of a pool');
    return library.checkImages(sources, { progress, signal });
  },
  async text(page, document) {
    const { imageCheckText } = await import('../text/imageCheckText.ts');
    return [imageCheckText(page, document)];
  },
  status: imageCheckStatus,
});
