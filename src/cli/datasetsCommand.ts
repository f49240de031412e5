import { untilStopped } from '../api/unlessStopped.ts';
import type { ZfsUberError } from '../bytes/errors.ts';
import { type DatasetFacts, datasetFacts } from '../dataset/datasetFacts.ts';
import { buildDatasetsDocument } from '../document/datasetsDocument.ts';
import { datasetsText } from '../text/datasetsText.ts';
import type { Run } from './command.ts';
import type { POOL_OPTIONS } from './commandOptions.ts';
import { withPoolView } from './poolView.ts';
import { sendJson } from './sendParts.ts';
import { pageFor } from './terminal.ts';

export const runDatasets: Run<typeof POOL_OPTIONS> = async (request, terminal, library) =>
  withPoolView(request, terminal, library, async ({ head, view, signal, incomplete }) => {
    const { values } = request;
    const datasets: DatasetFacts[] = [];
    const troubles: ZfsUberError[] = [];
    const options = { signal, onTrouble: (trouble: ZfsUberError) => void troubles.push(trouble) };
    if (view !== null)
      for await (const facts of untilStopped(signal, datasetFacts(view, options))) datasets.push(facts);
    const document = buildDatasetsDocument(head, datasets, troubles, signal.aborted);
    if (troubles.length > 0 || datasets.some((each) => each.troubles.length > 0)) incomplete();
    if (values.json) await sendJson(terminal, document);
    else terminal.out(datasetsText(await pageFor(terminal, values['no-color']), document, values));
  });
