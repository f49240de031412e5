import { UsageError } from '../bytes/errors.ts';
import type { OverlayDocument } from '../document/overlayDocument.ts';
import { answering } from './answer.ts';
import type { OVERLAY_OPTIONS } from './commandOptions.ts';
import { overlayStatus } from './exitStatus.ts';

export const overlay = answering<typeof OVERLAY_OPTIONS, OverlayDocument>({
  makesOutput: true,
  async ask(library, { sources, values }, { progress, signal }) {
    const { txg, checkpoint, output, as, method, undetach, assume, pool } = values;
    if (checkpoint && txg !== null) throw new UsageError('overlay: --txg and --checkpoint exclude each other');
    if (output === null) throw new UsageError('overlay: say which folder to make: -o DIR');
    return library.overlay(sources, {
      txg: checkpoint ? 'checkpoint' : txg,
      ...{ output, as, method, undetach, assume, pool, progress, signal },
      keepState: values['keep-state'],
      restoreGpt: values['restore-gpt'],
    });
  },
  async text(page, document, { quiet }) {
    const { overlayText } = await import('../text/overlayText.ts');
    return [overlayText(page, document, { quiet })];
  },
  status: overlayStatus,
});
