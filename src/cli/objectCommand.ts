import type { ObjectHead, ObjectLists } from '../document/objectDocument.ts';
import { objectText } from '../text/objectText.ts';
import type { POOL_OPTIONS } from './commandOptions.ts';
import { ofStream } from './viewAnswer.ts';

export const object = ofStream<typeof POOL_OPTIONS, ObjectHead, ObjectLists>({
  ask: (library, { sources, operands: [dataset = '', object = ''], values: { pool, txg } }, calling) =>
    library.openObject(sources, { dataset, object }, { pool, txg, ...calling }),
  text: objectText,
});
