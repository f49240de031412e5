import { shellCommand } from '../bytes/shellWord.ts';
import type {
  CarveDocument,
  CarvedCommands,
  CarvedPoolEntry,
  CarvedRootEntry,
  CarvedVdevEntry,
  FollowedEntry,
} from '../document/carveDocument.ts';
import { countText, sizeText } from './amounts.ts';
import { clean, entry, entryLine, type Page, paragraph } from './page.ts';
import { couldNotRead } from './sourceTrouble.ts';
import { joinBlocks } from './viewHeadText.ts';

/** Roots that are shown; the document has all. */
const SHOWN = 8;

/** The report of `carve`. */
export function carveText(
  page: Page,
  document: CarveDocument,
  { all, quiet }: { all: boolean; quiet: boolean },
): string {
  const { pools, vdevs, roots, sources, stopped } = document;
  const alone = vdevs.filter(({ pool }) => pool === null || pool.guid === null);
  const shown = all ? roots : roots.slice(0, SHOWN);
  return joinBlocks([
    headLines(page, document),
    ...pools.map((pool) => poolLines(page, document, pool)),
    ...alone.map((vdev) => aloneLines(page, document, vdev)),
    ...(shown.length === 0
      ? []
      : [
          [
            page.style.strong(`Roots that no uberblock here leads to (${countText(roots.length, 'txg')})`),
            ...shown.flatMap((root, index) => [
              ...rootLines(page, document, root),
              ...(isNewestThere(shown, index) ? rootNext(page, root.commands) : []),
            ]),
            ...(roots.length > shown.length
              ? paragraph(page, `${roots.length - shown.length} older: --all shows them`, page.style.dim)
              : []),
            ...unplacedLines(page, roots),
          ],
        ]),
    ...(stopped ? [paragraph(page, stoppedWords(sources), page.style.warn)] : []),
    quiet ? [] : couldNotRead(page, sources),
  ]);
}

function headLines(page: Page, { pools, vdevs, roots, sources }: CarveDocument): string[] {
  const sum = (field: 'doneBytes' | 'skippedBytes') =>
    sources.reduce((total, source) => total + Number(source[field]), 0);
  const skipped = sum('skippedBytes') > 0 ? `, ${sizeText(sum('skippedBytes'))} of them known to be empty` : '';
  const over = `in ${sizeText(sum('doneBytes'))}${skipped}`;
  const omitted = sources.reduce((total, source) => total + source.omitted, 0);
  const forged =
    omitted === 0
      ? []
      : entry(
          page,
          'Note',
          `${countText(omitted, 'label or uberblock', 'labels or uberblocks')} were not looked into: so many fit nowhere that somebody must have forged them.`,
        );
  if (vdevs.length === 0 && roots.length === 0) {
    return [...paragraph(page, `Nothing of ZFS ${over}.`, page.style.bad), ...forged];
  }
  const found = [
    ...(vdevs.length === 0 ? [] : [countText(vdevs.length, 'vdev')]),
    ...(pools.length === 0 ? [] : [`of ${countText(pools.length, 'pool')}`]),
  ].join(' ');
  const also =
    roots.length === 0 ? '' : countText(roots.length, 'root without an uberblock', 'roots without an uberblock');
  return [
    ...paragraph(page, `${[found, also].filter((part) => part !== '').join(', ')} ${over}.`, page.style.good),
    ...forged,
  ];
}

const stoppedWords = (sources: CarveDocument['sources']): string =>
  `Stopped at ${sources.map(({ doneBytes, sizeBytes }) => `${sizeText(doneBytes)} of ${sizeText(sizeBytes)}`).join(', ')}: the rest was not looked at.`;

function poolLines(page: Page, document: CarveDocument, pool: CarvedPoolEntry): string[] {
  const name = pool.name === null ? `(pool ${pool.guid}, name unknown)` : clean(page, pool.name);
  return [
    page.style.strong(`${name}   guid ${pool.guid}`),
    ...pool.vdevs.flatMap((index) => {
      const vdev = document.vdevs[index];
      return vdev === undefined ? [] : vdevLines(page, document, vdev);
    }),
    ...nextLines(page, pool.commands),
  ];
}

const nextLines = (page: Page, { scan, overlay }: CarvedCommands): string[] => [
  ...commandLine(page, 'Next', 'rank its txgs:', scan),
  ...commandLine(page, '', 'or make what a plain import loads:', overlay),
];

function commandLine(page: Page, label: string, says: string, words: readonly string[]): string[] {
  if (words.length === 0) return [];
  return [...entry(page, label, says), entryLine(page, clean(page, shellCommand(words, page.unicode)))];
}

function aloneLines(page: Page, document: CarveDocument, vdev: CarvedVdevEntry): string[] {
  const { followed, spec, commands } = vdev;
  return [
    page.style.strong(
      followed?.pool?.name == null
        ? 'A vdev without a config'
        : `${clean(page, followed.pool.name)}, of which no label is left`,
    ),
    ...vdevLines(page, document, vdev),
    ...(followed === null ? [] : followedLines(page, followed)),
    ...(spec === null || commands.scan.length > 0
      ? nextLines(page, commands)
      : commandLine(page, 'Next', 'see its uberblocks:', ['zfs-uber', 'ring', spec])),
  ];
}

function vdevLines(page: Page, { sources }: CarveDocument, vdev: CarvedVdevEntry): string[] {
  const { source, offsetBytes, lengthBytes, inside, labels, uberblocks } = vdev;
  const { count, newestTxg, oldestTxg } = uberblocks;
  const sound = labels.filter((status) => status === 'ok').length;
  const length = lengthBytes === null ? 'length unknown' : sizeText(lengthBytes);
  const txgs = count === 0 ? 'no uberblock' : `${countText(count, 'txg')}, ${oldestTxg} to ${newestTxg}`;
  const parts = [`begins at byte ${offsetBytes}`, length, `${countText(sound, 'sound label')}`, txgs];
  const before = Number(offsetBytes) < 0 ? ['its front is not there'] : [];
  return entry(
    page,
    'vdev',
    [clean(page, sources[source]?.path ?? ''), ...parts, ...(inside ? ['inside another vdev'] : []), ...before].join(
      ', ',
    ),
  );
}

function followedLines(page: Page, { reaches, pool, datasets, names, error }: FollowedEntry): string[] {
  const listed = names.slice(0, SHOWN).map((name) => clean(page, name));
  const says = {
    nothing: 'what it points to does not open',
    directory: 'its directory reads, and no config of a pool',
    config: `the config of pool ${clean(page, pool?.name ?? '?')} reads`,
    datasets: `pool ${clean(page, pool?.name ?? '?')} reads, with ${countText(datasets, 'dataset')}: ${listed.join(', ')}${names.length > listed.length ? ' ...' : ''}`,
  }[reaches];
  const tops = pool?.topLevelVdevs ?? 1;
  const more = tops > 1 ? `; it is one of ${tops} top-level vdevs` : '';
  const why = error === null ? '' : `; ${clean(page, error.message)}`;
  return entry(page, 'leads to', `${says}${more}${why}`);
}

function rootLines(page: Page, { sources }: CarveDocument, root: CarvedRootEntry): string[] {
  const { source, offsetBytes, txg, copies, base, followed, compression, sizeBytes } = root;
  const stored = compression === 'off' ? '' : `, ${compression}`;
  const where = base === null ? 'where its vdev begins is not known' : `its vdev begins at byte ${base.offsetBytes}`;
  const more = copies.length > 1 ? ` and ${copies.length - 1} more` : '';
  return [
    ...entry(
      page,
      `txg ${txg}`,
      `${clean(page, sources[source]?.path ?? '')} at byte ${offsetBytes}${more} (${sizeBytes} bytes${stored}); ${where}`,
    ),
    ...(followed === null ? [] : followedLines(page, followed)),
  ];
}

/** What is not done for roots of which no place is known that their vdev begins at. */
function unplacedLines(page: Page, roots: readonly CarvedRootEntry[]): string[] {
  const unplaced = roots.filter(({ base }) => base === null).length;
  if (unplaced === 0) return [];
  const which = unplaced === roots.length ? 'None of these is followed' : `${unplaced} of these are not followed`;
  const why =
    'from no place that a vdev can begin at does an address in it lead to the block that it is of. So it is on a raidz or dRAID, whose blocks lie in parts on several disks: carve does not put those together, and makes no labels for them.';
  const instead =
    'Where other disks of the pool have labels, scan those; overlay --assume DEVICE=GUID takes this one for the leaf that it is, where blocks prove it.';
  return entry(page, 'Note', `${which}: ${why} ${instead}`);
}

/** Of the roots of one vdev the lines of the newest are enough: those of others differ in a number. */
function isNewestThere(roots: readonly CarvedRootEntry[], index: number): boolean {
  const root = roots[index];
  const isThere = ({ source, base }: CarvedRootEntry): boolean =>
    source === root?.source && base?.offsetBytes === root.base?.offsetBytes;
  return roots.findIndex(isThere) === index;
}

/** Labels are made of it; see how it is, then have them laid over. */
const rootNext = (page: Page, { scan, overlay }: CarvedCommands): string[] => [
  ...commandLine(page, 'Next', 'see whether it loads, with labels made of it:', scan),
  ...commandLine(page, '', 'make what a plain import loads:', overlay),
];
