import { UsageError } from '../bytes/errors.ts';
import type { VerifyDocument } from '../document/verifyDocument.ts';
import { answering } from './answer.ts';
import type { VERIFY_OPTIONS } from './commandOptions.ts';
import { verifyStatus } from './exitStatus.ts';

export const verify = answering<typeof VERIFY_OPTIONS, VerifyDocument>({
  async ask(library, { sources, values: { txg, checkpoint, depth, pool, zfs } }, { progress, signal }) {
    if (checkpoint && txg !== null) throw new UsageError('verify: --txg and --checkpoint exclude each other');
    const asked = checkpoint ? 'checkpoint' : txg;
    if (asked === null) throw new UsageError('verify: say which txg: --txg T or --checkpoint');
    return library.verify(sources, asked, { ...(depth && { depth }), pool, zfs: zfs ?? undefined, progress, signal });
  },
  async text(page, document, { all, quiet }) {
    const { verifyText } = await import('../text/verifyText.ts');
    return [verifyText(page, document, { all, quiet })];
  },
  status: verifyStatus,
});
