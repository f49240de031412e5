import { UsageError } from '../bytes/errors.ts';
import type { Run } from './command.ts';
import type { VERIFY_OPTIONS } from './commandOptions.ts';
import { EXIT } from './exitStatus.ts';
import { progressLine } from './progressLine.ts';
import { sendJson } from './sendParts.ts';
import { pageFor } from './terminal.ts';

export const runVerify: Run<typeof VERIFY_OPTIONS> = async ({ sources, values }, terminal, library) => {
  const { checkpoint, depth, pool, all, quiet, json } = values;
  if (checkpoint && values.txg !== null) throw new UsageError('verify: --txg and --checkpoint exclude each other');
  const txg = checkpoint ? 'checkpoint' : values.txg;
  if (txg === null) throw new UsageError('verify: say which txg: --txg T or --checkpoint');
  const progress = progressLine(terminal, { asked: values.progress, quiet });
  const choice = { depth, pool, progress: progress.show, signal: terminal.stopped() };
  const document = await library.verify(sources, txg, choice).finally(progress.end);
  if (json) await sendJson(terminal, document);
  else {
    const { verifyText } = await import('../text/verifyText.ts');
    terminal.out(verifyText(await pageFor(terminal, values['no-color']), document, { all, quiet }));
  }
  if (document.stopped || document.sources.some(({ error }) => error !== null)) return EXIT.partial;
  return document.pool === null ? EXIT.noZfs : EXIT.done;
};
