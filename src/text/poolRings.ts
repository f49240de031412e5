import type { PoolEntry } from '../document/pool.types.ts';
import type { SourceEntry } from '../document/source.types.ts';
import { countText, sizeText } from './amounts.ts';
import { clean, entry, type Page, paragraph } from './page.ts';
import { type LabelRing, ringLines, ringPicture } from './ringPicture.ts';
import { isDamaged } from './sourceTrouble.ts';

/** More pictures than this are shown only with `all`; those of damaged labels come first. */
const PICTURES = 8;
/** So many devices in a row are named by the first and the last. */
const RANGE = 3;
/** Ranges that a line is named by. */
const NAMED = 3;

interface Member {
  /** Its place among the sources of the scan. */
  readonly index: number;
  readonly name: string;
  readonly source: SourceEntry;
  readonly rings: readonly LabelRing[];
}

/**
 * The devices of a pool with their labels, and their rings as pictures; devices that say the same share a line.
 *
 * @param handles of the sources, by their index
 */
export function poolRings(
  page: Page,
  pool: PoolEntry,
  sources: readonly SourceEntry[],
  all: boolean,
  handles: readonly string[],
): string[] {
  const members = membersOf(pool, sources, handles);
  const alike = (key: (member: Member) => string) => (member: Member) => (all ? `${member.index}` : key(member));
  const groups = grouped(
    members,
    alike(({ rings }) => JSON.stringify(rings)),
  );
  const damaged = groups.filter((group) => group.some(isTroubled));
  const preferred = [...damaged, ...groups.filter((group) => !damaged.includes(group))];
  const chosen = new Set(all ? groups : preferred.slice(0, PICTURES));
  const shown = groups.filter((group) => chosen.has(group));
  const looks = grouped(shown.flat().sort(byIndex), alike(lookOf)).flatMap(deviceRuns);
  const lines = looks.sort(byFirst).flatMap((run) => deviceLines(page, run));
  const pictures = shown.flatMap((group) => ringLines(namesText(group), group[0]?.rings ?? []));
  lines.push(...ringPicture(page, pictures));
  const rest = members.length - shown.flat().length;
  if (rest > 0) lines.push(...paragraph(page, `${countText(rest, 'more device')}: --all`, page.style.dim));
  return lines;
}

/** The same in a few words: `24 devices, all 96 labels sound`. */
export function poolRingsBrief(pool: PoolEntry, sources: readonly SourceEntry[], handles: readonly string[]): string {
  const members = membersOf(pool, sources, handles);
  const labels = members.reduce((sum, { source }) => sum + source.labels.length, 0);
  const troubled = members.filter(isTroubled);
  const state =
    troubled.length === 0
      ? `all ${labels} labels sound`
      : `labels or rings damaged${troubled.length === members.length ? '' : ` on ${namesText(troubled)}`}`;
  return `${countText(members.length, 'device')}, ${state}`;
}

function membersOf(pool: PoolEntry, sources: readonly SourceEntry[], handles: readonly string[]): Member[] {
  return pool.sources.flatMap((index) => {
    const source = sources[index];
    if (source === undefined) return [];
    return [{ index, name: handles[index] ?? `${index}`, source, rings: labelRings(source, pool) }];
  });
}

const isTroubled = ({ source }: Member): boolean => source.labels.some(isDamaged);
const byIndex = (a: Member, b: Member): number => a.index - b.index;
const byFirst = ([a]: readonly Member[], [b]: readonly Member[]): number => (a?.index ?? 0) - (b?.index ?? 0);

/** Few have a line each. */
const deviceRuns = (group: readonly Member[]): Member[][] =>
  runsIn(group).flatMap((run) => (run.length < RANGE ? run.map((member) => [member]) : [run]));

/** Those of one key together, in the order in which their first one stands. */
function grouped(members: readonly Member[], keyOf: (member: Member) => string): Member[][] {
  const groups = new Map<string, Member[]>();
  for (const member of members) {
    const key = keyOf(member);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [member]);
    else group.push(member);
  }
  return [...groups.values()];
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

/** Neighbours among the sources together. */
function runsIn(group: readonly Member[]): Member[][] {
  const runs: Member[][] = [];
  for (const member of group) {
    const last = runs.at(-1);
    if (last?.at(-1)?.index === member.index - 1) last.push(member);
    else runs.push([member]);
  }
  return runs;
}

/** `d0`, `d0 d1`, `d0-d23`, `d0-d5 d8`: handles are made of an index, so neighbours are a range. */
function namesText(group: readonly Member[]): string {
  const texts = runsIn(group).flatMap((run) =>
    run.length < RANGE ? run.map(({ name }) => name) : [`${run[0]?.name}-${run.at(-1)?.name}`],
  );
  return texts.length > NAMED ? `${texts.slice(0, NAMED).join(' ')} ...` : texts.join(' ');
}

/** Where it lies, and what is wrong with its labels: `128 MiB, labels 1, 2 bad-checksum`. */
function lookOf({ source }: Member): string {
  const place = source.offsetBytes === '0' ? '' : `at ${sizeText(source.offsetBytes)}, `;
  const statuses = [...new Set(source.labels.map(({ status }) => status))];
  const troubles = statuses
    .filter((status) => status !== 'ok')
    .map((status) => {
      const indexes = source.labels.filter((label) => label.status === status).map(({ index }) => index);
      return `label${indexes.length === 1 ? '' : 's'} ${indexes.join(', ')} ${status}`;
    });
  return `${place}${sizeText(source.sizeBytes)}, ${troubles.length === 0 ? 'all 4 labels ok' : troubles.join('; ')}`;
}

/** `d0  /dev/sdb, 128 MiB, labels 1, 2 bad-checksum`; of many that look the same their paths, and once what holds of each. */
function deviceLines(page: Page, run: readonly Member[]): string[] {
  const [first] = run;
  if (first === undefined) return [];
  const paths = run.map(({ source }) => clean(page, source.path)).join(', ');
  const sound = first.source.labels.every(({ status }) => status === 'ok');
  const text = `${paths}${run.length === 1 ? '' : ': each'}${run.length === 1 ? ', ' : ' '}${lookOf(first)}`;
  return entry(page, namesText(run), text, undefined, sound ? page.style.dim : page.style.warn);
}
