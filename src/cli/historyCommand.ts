import type { HistoryEntry, HistoryHead } from '../document/historyDocument.ts';
import { historyText } from '../text/historyText.ts';
import type { HISTORY_OPTIONS } from './commandOptions.ts';
import { ofStream } from './viewAnswer.ts';

export const history = ofStream<typeof HISTORY_OPTIONS, HistoryHead, { readonly records: HistoryEntry }>({
  ask: (library, { sources, values: { pool, txg } }, calling) =>
    library.openHistory(sources, { pool, txg, ...calling }),
  text: historyText,
});
