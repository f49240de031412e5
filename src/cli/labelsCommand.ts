import type { LabelsDocument } from '../document/labelsDocument.ts';
import type { RingDocument } from '../document/ringDocument.ts';
import { answering } from './answer.ts';
import type { TABLE_OPTIONS } from './commandOptions.ts';
import { labelsStatus, ringStatus } from './exitStatus.ts';

export const labels = answering<typeof TABLE_OPTIONS, LabelsDocument>({
  ask: (library, { sources }, calling) => library.labels(sources, calling),
  text: async (page, document, values) => [(await import('../text/labelsText.ts')).labelsText(page, document, values)],
  status: labelsStatus,
});

export const ring = answering<typeof TABLE_OPTIONS, RingDocument>({
  ask: (library, { sources }, calling) => library.ring(sources, calling),
  text: async (page, document, values) => [(await import('../text/ringText.ts')).ringText(page, document, values)],
  status: ringStatus,
});
