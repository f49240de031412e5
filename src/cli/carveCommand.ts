import type { CarveDocument } from '../document/carveDocument.ts';
import { carveText } from '../text/carveText.ts';
import { answering } from './answer.ts';
import type { CARVE_OPTIONS } from './commandOptions.ts';
import { carveStatus } from './exitStatus.ts';

export const carve = answering<typeof CARVE_OPTIONS, CarveDocument>({
  ask: (library, { sources, values: { state } }, { progress, signal }) =>
    library.carve(sources, { state, progress, signal }),
  text: (page, document, { all, quiet }) => [carveText(page, document, { all, quiet })],
  status: carveStatus,
});
