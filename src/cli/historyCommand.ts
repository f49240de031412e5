import { untilStopped } from '../api/unlessStopped.ts';
import { ZfsUberError } from '../bytes/errors.ts';
import type { WalkOptions } from '../dataset/block.ts';
import { HistoryEntries, type HistoryEntry } from '../document/historyDocument.ts';
import { jsonParts } from '../document/jsonParts.ts';
import { errorEntries } from '../document/viewHead.ts';
import { historyHeadText, historyRecordText } from '../text/historyText.ts';
import { troublesText } from '../text/viewHeadText.ts';
import type { Run } from './command.ts';
import type { POOL_OPTIONS } from './commandOptions.ts';
import { type AskedView, withPoolView } from './poolView.ts';
import { sendParts } from './sendParts.ts';
import { pageFor } from './terminal.ts';

/** Errors that are kept: a forged history may have one a record. */
const TROUBLES = 1000;
/** Last destructive events that are kept for the answer. */
const DESTRUCTIVE = 64;

export const runHistory: Run<typeof POOL_OPTIONS> = async (request, terminal, library) =>
  withPoolView(request, terminal, library, async (asked) => {
    const { values } = request;
    const troubles: ZfsUberError[] = [];
    const onTrouble = (trouble: ZfsUberError) => {
      asked.incomplete();
      if (troubles.length < TROUBLES) troubles.push(trouble);
    };
    const entries = () => entriesOf(asked, { onTrouble });
    const { head, signal } = asked;
    if (values.json) {
      const lists = [{ name: 'records', items: entries() }];
      const tail = () => ({ stopped: signal.aborted, troubles: errorEntries(troubles) });
      return sendParts(terminal, jsonParts({ schema: 'zfs-uber/history/1', ...head }, lists, tail));
    }
    const page = await pageFor(terminal, values['no-color']);
    const destructive: HistoryEntry[] = [];
    // Read twice: the answer comes first, and the records are not held.
    for await (const entry of entriesOf(asked, { onTrouble: () => {} })) {
      if (!entry.destructive || entry.txg === null) continue;
      destructive.push(entry);
      if (destructive.length > DESTRUCTIVE) destructive.shift();
    }
    async function* text(): AsyncGenerator<string> {
      yield `${historyHeadText(page, head, destructive).join('\n')}\n`;
      if (values.quiet) return;
      for await (const entry of entries()) yield `${historyRecordText(page, head, entry).join('\n')}\n`;
      const lines = troublesText(page, 'Records may be lacking: this could not be read', errorEntries(troubles), head);
      if (lines.length > 0) yield `\n${lines.join('\n')}\n`;
    }
    return sendParts(terminal, text());
  });

async function* entriesOf(
  { view, pool, signal }: AskedView,
  options: Required<Pick<WalkOptions, 'onTrouble'>>,
): AsyncGenerator<HistoryEntry> {
  if (view === null || pool === null) return;
  const entries = new HistoryEntries(pool.txgs);
  try {
    for await (const record of untilStopped(signal, view.history({ ...options, signal }))) yield entries.next(record);
  } catch (error) {
    // A block of the ring that does not read ends the list.
    if (!(error instanceof ZfsUberError)) throw error;
    options.onTrouble?.(error);
  }
}
