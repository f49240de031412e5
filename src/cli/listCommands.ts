import type { DatasetsDocument } from '../document/datasetsDocument.ts';
import type { SnapshotsDocument } from '../document/snapshotsDocument.ts';
import { datasetsText } from '../text/datasetsText.ts';
import { snapshotsText } from '../text/snapshotsText.ts';
import { answering } from './answer.ts';
import type { POOL_OPTIONS } from './commandOptions.ts';
import { OF_VIEW } from './viewAnswer.ts';

export const datasets = answering<typeof POOL_OPTIONS, DatasetsDocument>({
  ...OF_VIEW,
  ask: (library, { sources, values }, calling) => library.datasets(sources, { ...values, ...calling }),
  text: (page, document, values) => [datasetsText(page, document, values)],
});

export const snapshots = answering<typeof POOL_OPTIONS, SnapshotsDocument>({
  ...OF_VIEW,
  ask: (library, { sources, values }, calling) => library.snapshots(sources, { ...values, ...calling }),
  text: (page, document, values) => [snapshotsText(page, document, values)],
});
