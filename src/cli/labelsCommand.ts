import { buildLabelsDocument } from '../document/labelsDocument.ts';
import { labelsText } from '../text/labelsText.ts';
import type { Run } from './command.ts';
import type { TABLE_OPTIONS } from './commandOptions.ts';
import { labelsStatus } from './exitStatus.ts';
import { progressLine } from './progressLine.ts';
import { sendJson } from './sendParts.ts';
import { pageFor } from './terminal.ts';

export const runLabels: Run<typeof TABLE_OPTIONS> = async ({ sources, values }, terminal, library) => {
  const progress = progressLine(terminal, { asked: values.progress, quiet: values.quiet });
  const signal = terminal.stopped();
  const { passedOver: _, ...tool } = await library.tool();
  const surveyed = await library.survey(sources, { progress: progress.show, signal }).finally(progress.end);
  const document = buildLabelsDocument(tool, surveyed, signal.aborted);
  if (values.json) await sendJson(terminal, document);
  else terminal.out(labelsText(await pageFor(terminal, values['no-color']), document, values));
  return labelsStatus(document);
};
