import type { DamagedFile } from '../document/damagedFiles.ts';
import type { DamageEntry } from '../document/recommendation.types.ts';
import { countText } from './amounts.ts';

/** A file with what else is to be said of it: `tank/a:/x (also named /y; also in tank/a@b)`. Raw. */
export function fileName({ dataset, path, otherPaths, object, alsoIn, nameless, state }: DamagedFile): string {
  const about = [
    ...(otherPaths.length === 0 ? [] : [`also named ${some(otherPaths)}`]),
    ...(alsoIn.length === 0 ? [] : [`also in ${some(alsoIn)}`]),
    ...(state === 'unlinked' ? ['deleted, was open'] : []),
  ];
  const name =
    path === null ? `${dataset}, object ${object}${WITHOUT_NAME[nameless ?? 'unknown']}` : named(dataset, path);
  return about.length === 0 ? name : `${name} (${about.join('; ')})`;
}

const named = (dataset: string, path: string): string =>
  path === '/' ? `${dataset}: the filesystem, with all its files` : `${dataset}${pathPart(path)}`;

/** A path that is not known to the root has no place behind the dataset. */
export const pathPart = (path: string): string => (path.startsWith('/') ? `:${path}` : `: ${path}`);

const WITHOUT_NAME: Readonly<Record<NonNullable<DamagedFile['nameless']>, string>> = {
  encrypted: ' (its name is encrypted)',
  unlinked: '',
  unknown: ' (no directory names it)',
};

/** The first of many. */
export function some(items: readonly string[], shown = 3): string {
  const more = items.length - shown;
  return more > 0 ? `${items.slice(0, shown).join(', ')} and ${more} more` : items.join(', ');
}

/** Files that are named where there is no room for a list. */
const NAMED = 3;

/** `12 blocks of content cannot be read: in the files tank/a:/x and 2 more`. Raw. */
export function damageText(damage: DamageEntry): string {
  const { blocks, blocksNamed, datasets, files, filesLeftOut } = damage;
  const bad = `${countText(blocks, 'block')} of content cannot be read`;
  const more = blocks > blocksNamed ? `; looked up for the first ${blocksNamed} of them` : '';
  if (files.length === 0) return datasets.length === 0 ? bad : `${bad}, in ${some(datasets, NAMED)}${more}`;
  const shown = files.slice(0, NAMED).map(fileName);
  const rest = files.length + filesLeftOut - shown.length;
  return `${bad}, of ${shown.join(', ')}${rest > 0 ? ` and ${countText(rest, 'more file')}` : ''}${more}`;
}
