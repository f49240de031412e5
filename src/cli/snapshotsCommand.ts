import { untilStopped } from '../api/unlessStopped.ts';
import type { ZfsUberError } from '../bytes/errors.ts';
import { type SnapshotFacts, snapshotFacts } from '../dataset/snapshotFacts.ts';
import { buildSnapshotsDocument } from '../document/snapshotsDocument.ts';
import { snapshotsText } from '../text/snapshotsText.ts';
import type { Run } from './command.ts';
import type { POOL_OPTIONS } from './commandOptions.ts';
import { withPoolView } from './poolView.ts';
import { sendJson } from './sendParts.ts';
import { pageFor } from './terminal.ts';

export const runSnapshots: Run<typeof POOL_OPTIONS> = async (request, terminal, library) =>
  withPoolView(request, terminal, library, async ({ head, view, signal, incomplete }) => {
    const { values } = request;
    const snapshots: SnapshotFacts[] = [];
    const troubles: ZfsUberError[] = [];
    const options = { signal, onTrouble: (trouble: ZfsUberError) => void troubles.push(trouble) };
    if (view !== null)
      for await (const facts of untilStopped(signal, snapshotFacts(view, options))) snapshots.push(facts);
    const document = buildSnapshotsDocument(head, snapshots, troubles, signal.aborted);
    if (troubles.length > 0 || snapshots.some((each) => each.troubles.length > 0)) incomplete();
    if (values.json) await sendJson(terminal, document);
    else terminal.out(snapshotsText(await pageFor(terminal, values['no-color']), document, values));
  });
