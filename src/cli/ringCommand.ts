import { buildRingDocument } from '../document/ringDocument.ts';
import { ringText } from '../text/ringText.ts';
import type { Run } from './command.ts';
import type { TABLE_OPTIONS } from './commandOptions.ts';
import { ringStatus } from './exitStatus.ts';
import { progressLine } from './progressLine.ts';
import { sendJson } from './sendParts.ts';
import { pageFor } from './terminal.ts';

export const runRing: Run<typeof TABLE_OPTIONS> = async ({ sources, values }, terminal, library) => {
  const progress = progressLine(terminal, { asked: values.progress, quiet: values.quiet });
  const signal = terminal.stopped();
  const { passedOver: _, ...tool } = await library.tool();
  const surveyed = await library.survey(sources, { progress: progress.show, signal }).finally(progress.end);
  const document = buildRingDocument(tool, surveyed, signal.aborted);
  if (values.json) await sendJson(terminal, document);
  else terminal.out(ringText(await pageFor(terminal, values['no-color']), document, values));
  return ringStatus(document);
};
