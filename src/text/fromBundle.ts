import type { SourceHead } from '../document/source.types.ts';
import { countText } from './amounts.ts';
import type { Said } from './outlook.ts';
import { clean, type Page, paragraph } from './page.ts';

type Bundled = Pick<SourceHead, 'bundle'>;

/** What stands for the devices, where a bundle does, and what is made up of it; none where the devices are there. */
export function ofBundle(sources: readonly Bundled[]): Said[] {
  const bundles = sources.flatMap(({ bundle }) => bundle ?? []);
  if (bundles.length === 0) return [];
  const paths = [...new Set(bundles.map(({ path }) => path))].join(', ');
  const all = bundles.length === sources.length;
  const part = all
    ? countText(bundles.length, 'source')
    : `${bundles.length} of ${countText(sources.length, 'source')}`;
  const said: Said = { text: `From a bundle, not from the devices: ${paths} (${part}).`, tone: 'strong' };
  if (!bundles.some(({ withoutNames }) => withoutNames)) return [said];
  const made =
    'Names were left out of it: those of datasets, snapshots and files were made up, and so was text of properties; the history is not in it.';
  return [said, { text: made, tone: 'warn' }];
}

/** A bundle has no data of files: nobody is to be sent for it. */
export const hasData = (sources: readonly Bundled[]): boolean => sources.every(({ bundle }) => bundle === undefined);

/** {@link ofBundle} as lines. */
export const fromBundle = (page: Page, sources: readonly Bundled[]): string[] =>
  ofBundle(sources).flatMap(({ text, tone }) => paragraph(page, clean(page, text), page.style[tone]));
