import { sourceHandles } from '../document/handles.ts';
import type { FindingEntry, ShellStepEntry } from '../document/parts.types.ts';
import type { PoolEntry } from '../document/pool.types.ts';
import type { ScanDocument } from '../document/scanDocument.ts';
import type { SourceEntry } from '../document/source.types.ts';
import type { Severity } from '../rewind/findings/codes.ts';
import { countText, sizeText } from './amounts.ts';
import { beforeWriting } from './beforeWriting.ts';
import { candidateTable, type TableChoice } from './candidateTable.ts';
import { clean, entry, type Page, paragraph, type Style } from './page.ts';
import { poolAnswer } from './poolAnswer.ts';
import { cutSteps, isAim, poolCase } from './poolCase.ts';
import { type LabelRing, ringLines, ringPicture } from './ringPicture.ts';
import { couldNotRead, isDamaged, nothingFound } from './sourceTrouble.ts';
import { stepsToImport } from './stepsText.ts';
import { isWell, worthSaying } from './wellPool.ts';

export interface ScanTextChoice extends TableChoice {
  /** The answer alone: no findings, tables and maps. */
  readonly quiet: boolean;
  /** What `--pool` asked for. */
  readonly pool: string | null;
}

/** Rings of more devices than this are shown only with `all`, or where they are damaged. */
const DEVICES = 8;
/** Findings shown when not all are asked for. */
const FINDINGS = 10;

/**
 * The report of `scan` for a terminal: per pool first the answer, then why, then the txgs, then the rings; last what could
 * not be read.
 *
 * @returns lines that end with a newline; no character of them is a control character but newlines and what
 *   `page.style` adds
 */
export function scanText(page: Page, document: ScanDocument, choice: ScanTextChoice): string {
  const handles = sourceHandles(document.sources.map(({ path }) => path));
  const blocks: string[][] = [notWhole(page, document)];
  for (const pool of document.pools) {
    blocks.push(poolAnswer(page, pool, document.sources, document.depth, choice));
    if (choice.quiet) continue;
    if (!choice.all && isWell(poolCase(pool, document.sources, document.depth))) {
      blocks.push(findings(page, worthSaying(pool), false));
      continue;
    }
    const missing = missingDevices(page, pool);
    const said = pool.findings.filter((finding) => !isAim(finding));
    blocks.push([...missing, ...findings(page, said, choice.all, pool.recommendation?.steps ?? cutSteps(pool))]);
    blocks.push(versions(page, pool));
    blocks.push(candidateTable(page, pool, choice, handles));
    blocks.push(rings(page, pool, document.sources, choice.all, handles));
    blocks.push(beforeWriting(page, pool));
  }
  if (document.pools.length === 0) blocks.push(nothingFound(page, document, choice.pool));
  // Without a pool the containers are the answer, and told there.
  const told = document.pools.length === 0 ? 'container-not-opened' : null;
  const others = document.findings.filter(({ code }) => code !== told);
  if (!choice.quiet) blocks.push(findings(page, others, choice.all), withoutPool(page, document));
  blocks.push(couldNotRead(page, document.sources));
  const shown = blocks.filter((block) => block.length > 0);
  return `${shown.map((block) => block.join('\n')).join('\n\n')}\n`;
}

/** That more is to be known than what follows: before everything else, or nobody sees it. */
function notWhole(page: Page, { stopped, pools, sources }: ScanDocument): string[] {
  const { bad, warn } = page.style;
  const lines: string[] = [];
  if (stopped) {
    const candidates = pools.flatMap((pool) => pool.candidates);
    const judged = candidates.filter(({ verdict }) => verdict !== 'unverified').length;
    const far = candidates.length === 0 ? '' : ` ${judged} of ${countText(candidates.length, 'txg')} were judged;`;
    lines.push(...paragraph(page, `Stopped before the end:${far} the best of all may be another one.`, bad));
  }
  const unread = sources.filter(({ error }) => error !== null).length;
  if (unread > 0 && pools.length > 0) {
    const text = `${unread} of ${countText(sources.length, 'source')} could not be read in full: see the end of this report.`;
    lines.push(...paragraph(page, text, warn));
  }
  return lines;
}

const WORDS: Readonly<Record<Severity, { rank: number; word: string; paint: keyof Style }>> = {
  error: { rank: 0, word: 'Error', paint: 'bad' },
  warning: { rank: 1, word: 'Warning', paint: 'warn' },
  info: { rank: 2, word: 'Note', paint: 'dim' },
};

/** @param above steps that stand above already */
function findings(
  page: Page,
  found: readonly FindingEntry[],
  all: boolean,
  above: readonly ShellStepEntry[] = [],
): string[] {
  const told = new Set(above.map(({ lines }) => lines.join('\n')));
  const sorted = [...found].sort((a, b) => WORDS[a.severity].rank - WORDS[b.severity].rank);
  const shown = all ? sorted : sorted.slice(0, FINDINGS);
  const lines = shown.flatMap(({ code, severity, message, steps = [] }) => {
    const { word, paint } = WORDS[severity];
    const said = entry(page, word, `${clean(page, message)} (${clean(page, code)})`, page.style[paint]);
    const fresh = steps.filter(({ lines }) => !told.has(lines.join('\n')));
    return [...said, ...stepsToImport(page, fresh, '')];
  });
  const rest = sorted.length - shown.length;
  if (rest > 0) lines.push(...entry(page, '', `${countText(rest, 'more finding')}: --all`, undefined, page.style.dim));
  return lines;
}

/** What other releases of OpenZFS do with these txgs. */
const versions = (page: Page, { versions = [] }: PoolEntry): string[] =>
  versions.flatMap(({ message }) => entry(page, 'OpenZFS', `${clean(page, message)}.`, page.style.dim));

/** Missing devices that no finding tells of. */
function missingDevices(page: Page, pool: PoolEntry): string[] {
  if (pool.findings.some(({ code }) => code === 'device-missing' || code === 'log-missing')) return [];
  return pool.missing.flatMap(({ guid, type, path, role }) => {
    const kind = role === 'normal' ? type : `${role} ${type}`;
    const where = path === null ? '' : `, last at ${clean(page, path)}`;
    return entry(page, 'Missing', `${clean(page, kind)}, guid ${clean(page, guid)}${where}`, page.style.bad);
  });
}

function rings(
  page: Page,
  pool: PoolEntry,
  sources: readonly SourceEntry[],
  all: boolean,
  handles: readonly string[],
): string[] {
  const members = pool.sources.flatMap((index) => {
    const source = sources[index];
    return source === undefined
      ? []
      : [{ name: handles[index] ?? `${index}`, source, rings: labelRings(source, pool) }];
  });
  const damaged = members.filter(({ source }) => source.labels.some(isDamaged));
  const preferred = [...damaged, ...members.filter((member) => !damaged.includes(member))];
  const chosen = new Set(all ? members : preferred.slice(0, DEVICES));
  const shown = members.filter((member) => chosen.has(member));
  const lines = shown.flatMap(({ name, source }) => sourceLine(page, name, source));
  lines.push(
    ...ringPicture(
      page,
      shown.flatMap((member) => ringLines(member.name, member.rings)),
    ),
  );
  const rest = members.length - shown.length;
  if (rest > 0) lines.push(...paragraph(page, `${countText(rest, 'more device')}: --all`, page.style.dim));
  return lines;
}

function labelRings(source: SourceEntry, pool: PoolEntry): LabelRing[] {
  const txg = pool.recommendation?.txg;
  return source.labels.flatMap(({ index, ring }) => {
    if (ring === null) return [];
    const best = source.uberblocks
      .filter((each) => each.txg === txg && each.labels.includes(index) && each.state !== 'foreign')
      .map(({ slot }) => slot);
    return [{ label: index, map: ring.map, slotSizeBytes: ring.slotSizeBytes, best }];
  });
}

/** `d0  /dev/sdb  128 MiB  labels 1, 2: bad-checksum`. */
function sourceLine(page: Page, name: string, source: SourceEntry): string[] {
  const place = source.offsetBytes === '0' ? '' : ` at ${sizeText(source.offsetBytes)}`;
  const statuses = [...new Set(source.labels.map(({ status }) => status))];
  const troubles = statuses
    .filter((status) => status !== 'ok')
    .map((status) => {
      const indexes = source.labels.filter((label) => label.status === status).map(({ index }) => index);
      return `label${indexes.length === 1 ? '' : 's'} ${indexes.join(', ')} ${status}`;
    });
  const labels = troubles.length === 0 ? 'all 4 labels ok' : troubles.join('; ');
  const text = `${clean(page, source.path)}${place}, ${sizeText(source.sizeBytes)}, ${labels}`;
  return entry(page, name, text, undefined, troubles.length === 0 ? page.style.dim : page.style.warn);
}

/** Sources that read well and belong to no pool. */
function withoutPool(page: Page, document: ScanDocument): string[] {
  if (document.pools.length === 0) return [];
  const members = new Set(document.pools.flatMap((pool) => pool.sources));
  const others = document.sources.filter((source, index) => source.error === null && !members.has(index));
  return others.flatMap((source) => entry(page, 'No pool', clean(page, source.path), page.style.dim, page.style.dim));
}
