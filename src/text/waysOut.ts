import type { PoolEntry } from '../document/pool.types.ts';
import type { WayOutEntry } from '../document/recommendation.types.ts';
import type { SourceEntry } from '../document/source.types.ts';
import { WAY_RISKS } from '../words/wayRisks.ts';
import { countText } from './amounts.ts';
import { clean, entry, entryLine, type Page } from './page.ts';
import type { PoolCase } from './poolCase.ts';
import { shellText, stepsToClose, stepsToImport, stepsToWrite } from './stepsText.ts';
import { splitSteps } from './stepWords.ts';

/** What opens the pool where an import as it is does not, or opens newer states of it: each with its lines and its price. */
export function waysOut(page: Page, { pool, written, sources }: PoolCase): string[] {
  const newest = written[0]?.txg;
  const { warn, strong, dim } = page.style;
  return (pool.waysOut ?? []).flatMap((way) => {
    const { toImport, toClose, toWrite } = splitSteps(way.steps);
    const { onFreeBsd } = way;
    const set = toImport.filter(({ kind }) => kind === 'set-parameters');
    const rest = toImport.filter((step) => !set.includes(step));
    return [
      '',
      ...entry(page, 'Way out', clean(page, wayOutText(way, pool, sources, newest)), warn, strong),
      ...entry(page, 'Risk', way.risks.map((risk) => WAY_RISKS[risk]).join(' '), warn),
      ...stepsToImport(page, set, 'First'),
      ...(onFreeBsd.length === 0 ? [] : entry(page, '', 'On FreeBSD instead:', dim, dim)),
      ...onFreeBsd.map((line) => entryLine(page, shellText(page, line))),
      ...stepsToImport(page, rest, set.length === 0 ? 'First' : ''),
      ...stepsToClose(page, toClose, way.withoutLog ?? false),
      ...stepsToWrite(page, toWrite),
    ];
  });
}

/**
 * What a way out does, in a sentence. Names of an image stand in it raw.
 *
 * @param newest txg of the pool
 */
export const wayOutText = (
  way: WayOutEntry,
  pool: PoolEntry,
  sources: readonly SourceEntry[],
  newest?: string,
): string => `${headOf(way, leftOut(pool, sources, way), newest)}.`;

/** What the first of them does, and how many more there are; empty where there is none. Names stand in it raw. */
export function waysBrief({ pool, written, sources }: PoolCase): string {
  const [first, ...more] = pool.waysOut ?? [];
  if (first === undefined) return '';
  const head = headOf(first, leftOut(pool, sources, first), written[0]?.txg);
  return more.length === 0 ? head : `${head}; ${countText(more.length, 'more way')} to a txg`;
}

function headOf(
  { kind, txg, verdict, tops, commandReadWrite, metadataErrors }: WayOutEntry,
  left: readonly string[],
  newest?: string,
): string {
  const which = `txg ${txg}${txg === newest ? ', the newest,' : ''}`;
  const writes = commandReadWrite.length > 0;
  const how = writes ? 'imports' : verdict === 'unverified' ? 'may import' : 'imports read-only';
  switch (kind) {
    case 'missing-tops':
      return writes
        ? `${which} ${how}, where OpenZFS does not insist on ${names(tops)} before it has read the config of that txg`
        : `${which} ${how} without ${names(tops)}`;
    case 'unverified': {
      const bad = metadataErrors ? `${countText(metadataErrors, 'bad block')} of metadata or more` : 'damage';
      return `${which} ${how} with ${bad} in it, where OpenZFS does not verify the pool first`;
    }
    case 'repaired-labels':
      return `${which} ${how} once devices that left the pool are members again`;
    case 'edited-labels':
      return `${which} ${how} once the forced fault is taken out of the labels`;
    case 'other-devices':
      return `${which} ${how} where ${names(left)} ${left.length === 1 ? 'is' : 'are'} not given`;
  }
}

/** Paths of the pool's sources that the way does without. */
const leftOut = (pool: PoolEntry, sources: readonly SourceEntry[], { sources: given }: WayOutEntry): string[] =>
  given === undefined
    ? []
    : pool.sources.filter((index) => !given.includes(index)).flatMap((index) => sources[index]?.path ?? []);

const names = (tops: readonly string[]): string => tops.join(', ');
