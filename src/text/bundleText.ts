import type { BundleAbout, BundleCheckDocument, BundleCheckEntry, BundleDocument } from '../document/bundleDocument.ts';
import { countText, sizeText } from './amounts.ts';
import { clean, entry, type Page, paragraph } from './page.ts';
import { joinBlocks } from './viewHeadText.ts';

const WITH =
  'It holds names of datasets and files, and no data of files but what is small enough that ZFS keeps it in metadata.';
const WITHOUT =
  'It holds no names of datasets, snapshots and files, no history and no data of files; the name of the pool, of its host and paths of its devices it holds. What is shown of it has made-up names.';

/** The report of `bundle`: what is in the file, and by what it is known again. */
export function bundleText(page: Page, document: BundleDocument, quiet: boolean): string {
  const { good, warn } = page.style;
  const { file, sizeBytes, keptBytes, withoutNames, sources, pools, sha256, stopped } = document;
  const failed = sources.filter(({ error }) => error !== null);
  const names = pools.map(({ name, guid }) => (name === null ? guid : clean(page, name)));
  const head = `${clean(page, file)}: ${sizeText(sizeBytes)}, with ${withoutNames ? 'what was found' : sizeText(keptBytes)} of ${countText(sources.length, 'source')}`;
  const of = names.length === 0 ? 'no pool was found on them' : `pool ${names.join(', ')}`;
  return joinBlocks([
    [
      ...paragraph(page, `${head}; ${of}.`, stopped ? warn : good),
      ...entry(page, 'SHA-256', sha256),
      ...(stopped ? paragraph(page, 'Stopped before all was read: the bundle lacks what had no turn.', warn) : []),
    ],
    failed.flatMap(({ path, error }) =>
      entry(page, 'not read', `${clean(page, path)}: ${clean(page, error?.message ?? '')}`, warn),
    ),
    quiet
      ? []
      : [
          ...paragraph(page, `Note the SHA-256 down apart from the file: it is what sha256sum gives.`),
          ...paragraph(
            page,
            `It is a source like any other: zfs-uber scan ${clean(page, file)}. ${withoutNames ? WITHOUT : WITH}`,
          ),
        ],
  ]);
}

/** The report of `bundle --check`. */
export const bundleCheckText = (page: Page, { bundles }: BundleCheckDocument): string =>
  joinBlocks(bundles.map((each) => checkLines(page, each)));

function checkLines(
  page: Page,
  { file, whole, error, sha256, frames, damagedFrames, about }: BundleCheckEntry,
): string[] {
  const { good, bad } = page.style;
  const name = clean(page, file);
  const says = damagedFrames.length === 0 ? '' : ` (${damagedFrames.length} of ${countText(frames, 'frame')})`;
  return [
    ...(whole
      ? paragraph(page, `${name}: every byte is what was written.`, good)
      : paragraph(page, `${name}: not what was written${says}. ${clean(page, error?.message ?? '')}`, bad)),
    ...(sha256 === null ? [] : entry(page, 'SHA-256', sha256)),
    ...(about === null ? [] : aboutLines(page, about)),
  ];
}

function aboutLines(page: Page, about: BundleAbout): string[] {
  const { tool, startedAt, finishedAt, commandLine, stopped, withoutNames, disks } = about;
  const made = `${clean(page, `${tool.name} ${tool.version}`)}, from ${clean(page, startedAt)} to ${clean(page, finishedAt)}`;
  return [
    ...entry(page, 'made by', `${made}${stopped ? '; it was stopped before all was read' : ''}`),
    ...(commandLine === null ? [] : entry(page, 'as', clean(page, `zfs-uber ${commandLine.join(' ')}`))),
    ...(withoutNames ? entry(page, 'without', 'names of datasets, snapshots and files, and the history') : []),
    ...disks.flatMap(({ path, sizeBytes, identity, error }) => {
      const known = [identity?.model, identity?.serial].flatMap((word) => word ?? []);
      const parts = [clean(page, path), sizeText(sizeBytes), ...known.map((word) => clean(page, word))];
      return entry(page, 'of', [...parts, ...(error === null ? [] : [clean(page, error.message)])].join(', '));
    }),
  ];
}
