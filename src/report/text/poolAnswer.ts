import type { CandidateEntry, Depth, PoolEntry, SourceEntry } from '../document.ts';
import { agoText, countText, durationText, timeText } from './amounts.ts';
import { countLeaves, layoutText } from './layoutText.ts';
import { clean, entry, entryLine, flow, type Page, paragraph } from './page.ts';
import { overlay, stateAt } from './recommendedState.ts';
import { shellCommand } from './shellWord.ts';
import { shortReason, withoutStep } from './shortReason.ts';

/** Candidates, newest first; of one txg the later write first, as an import prefers them. */
export const newestFirst = (pool: PoolEntry): CandidateEntry[] =>
  [...pool.candidates].sort((a, b) =>
    a.txg === b.txg ? b.timestamp - a.timestamp || a.rank - b.rank : BigInt(a.txg) > BigInt(b.txg) ? -1 : 1,
  );

/** A txg and when it was written. */
type Written = Pick<CandidateEntry, 'txg' | 'timestamp'>;

/** A pool with what its answer is made from. */
interface Case {
  readonly pool: PoolEntry;
  readonly depth: Depth;
  /** Candidates, newest first. */
  readonly newest: readonly CandidateEntry[];
  /** One entry a txg in the rings, newest first: also those that were asked not to be judged. */
  readonly written: readonly Written[];
}

/** What a person has to know first: which pool, does it import, which txg is best and what to type. */
export function poolAnswer(page: Page, pool: PoolEntry, sources: readonly SourceEntry[], depth: Depth): string[] {
  const newest = newestFirst(pool);
  const about: Case = { pool, depth, newest, written: writtenTxgs(pool, newest, sources) };
  return [
    ...heading(page, about),
    '',
    ...outlook(page, about),
    ...hazards(page, newest),
    '',
    ...(pool.recommendation === null ? nextStep(page, about) : best(page, about)),
  ];
}

function writtenTxgs(pool: PoolEntry, newest: readonly CandidateEntry[], sources: readonly SourceEntry[]): Written[] {
  const known = new Map<string, Written>();
  const rings = pool.sources.flatMap((index) => sources[index]?.uberblocks ?? []);
  const own = rings.filter(({ state }) => state !== 'foreign');
  for (const each of [...newest, ...own]) if (!known.has(each.txg)) known.set(each.txg, each);
  return [...known.values()].sort((a, b) => (BigInt(a.txg) > BigInt(b.txg) ? -1 : 1));
}

function heading(page: Page, { pool, written }: Case): string[] {
  const name = pool.name === null ? `(pool ${clean(page, pool.guid)}, name unknown)` : clean(page, pool.name);
  const leaves = pool.vdevs === null ? null : countLeaves(pool.vdevs);
  const devices =
    leaves === null
      ? countText(pool.sources.length, 'device')
      : `${leaves.present} of ${countText(leaves.all, 'device')}`;
  const parts = [name, `${layoutText(page, pool)}, ${devices}`];
  if (pool.state !== 'active') parts.push(pool.state);
  const [last] = written;
  if (last !== undefined) {
    const host = pool.hostname === null ? '' : ` by host "${clean(page, pool.hostname)}"`;
    parts.push(`last written ${timeText(last.timestamp)}${host} (${agoText(last.timestamp, page.now)})`);
  }
  const [first = '', ...rest] = flow(parts, '   ', page.width, '  ');
  const painted = first.startsWith(name) ? page.style.strong(name) + first.slice(name.length) : first;
  return [painted, ...rest];
}

/** One sentence: what an import of the newest txg would do. */
function outlook(page: Page, about: Case): string[] {
  const { good, warn, bad } = page.style;
  const { pool, newest, written, depth } = about;
  const [first] = newest;
  const [last] = written;
  if (last === undefined) {
    return paragraph(page, 'Nothing to import: no valid uberblock of this pool was found on these sources.', bad);
  }
  if (first === undefined || BigInt(first.txg) < BigInt(last.txg)) {
    const to = first === undefined ? '' : ` after ${first.txg}`;
    return paragraph(page, `The txgs${to} up to the newest, ${last.txg}, were left out as asked and not judged.`, warn);
  }
  const reason = because(page, first);
  switch (first.verdict) {
    case 'importable':
      if (pool.findings.some(({ code }) => code === 'history-diverged')) {
        return paragraph(page, 'Will import, but the devices hold two histories: decide first which to keep.', warn);
      }
      return paragraph(page, `Will import ${manner(first)}: the newest txg (${first.txg}) reads.`, good);
    case 'readonly':
      return paragraph(page, `Will import as it is, but only read-only (txg ${first.txg})${reason}.`, warn);
    case 'damaged': {
      const plain = pool.findings.some(({ code }) => code === 'plain-import-passes');
      const outcome = plain ? 'A plain import should pass, over damage' : 'Will not import as it is';
      return paragraph(page, `${outcome}: ${failingTxgs(page, about)}.`, plain ? warn : bad);
    }
    case 'incomplete':
      return paragraph(page, `Will not import from these sources${reason || ': devices are missing'}.`, bad);
    case 'unverified':
      return paragraph(page, `Not known whether it imports as it is. ${checked(depth)}`, warn);
  }
}

/** What an import needs besides the devices. */
function manner({ commandReadOnly }: CandidateEntry): string {
  if (commandReadOnly.includes('-m')) return 'with -m (its log device is missing)';
  return commandReadOnly.includes('-D') ? 'with -D (it was destroyed)' : 'as it is';
}

/** The newest txgs that fail, up to the first that does not, and why. */
function failingTxgs(page: Page, { pool, newest }: Case): string {
  const end = newest.findIndex((candidate) => candidate.verdict !== 'damaged');
  const txgs = [...new Set((end < 0 ? newest : newest.slice(0, end)).map((candidate) => candidate.txg))];
  const [first = ''] = txgs;
  const one = txgs.length === 1;
  const which = one ? `the newest txg (${first})` : `the newest ${txgs.length} txgs (${txgs.at(-1)}-${first})`;
  if (pool.findings.some((finding) => finding.code === 'uberblock-ahead-of-metadata')) {
    return `${which} ${one ? 'points' : 'point'} to metadata that never reached the disks`;
  }
  const [candidate] = newest;
  const reason = candidate === undefined ? '' : because(page, candidate);
  if (one) return `${which} is damaged${reason}`;
  return `${which} are damaged${reason === '' ? '' : `; ${first}${reason}`}`;
}

function because(page: Page, candidate: CandidateEntry): string {
  const [first = ''] = candidate.reasons;
  const reason = clean(page, withoutStep(shortReason(first))).replace(/\.$/, '');
  return reason === '' ? '' : `: ${reason}`;
}

/** What was looked at and what was not, for a verdict that stayed open. */
function checked(depth: Depth): string {
  switch (depth) {
    case 'labels':
      return 'Checked: labels and uberblocks. Not checked: whether anything they point to can be read.';
    case 'mos':
      return 'Checked: labels, uberblocks and the root of each txg. Not checked: the metadata below it and the data.';
    case 'meta':
    case 'data':
      return 'Not every step of an import could be checked: the table says what was.';
  }
}

/** What importing would do to the machine; txgs with the same danger are named together. */
function hazards(page: Page, newest: readonly CandidateEntry[]): string[] {
  const { bad } = page.style;
  const txgs = new Map<string, string[]>();
  for (const candidate of newest) {
    for (const { kind, message } of candidate.hazards) {
      const danger = `${kind === 'panic' ? 'would crash the machine' : clean(page, kind)}: ${clean(page, message)}`;
      txgs.set(danger, [...(txgs.get(danger) ?? []), candidate.txg]);
    }
  }
  return [...txgs].flatMap(([danger, which]) =>
    entry(page, 'Danger', `importing txg ${which.join(', ')} ${danger}`, bad, bad),
  );
}

function best(page: Page, { pool, written, depth }: Case): string[] {
  const { recommendation } = pool;
  if (recommendation === null) return [];
  const { txg, lossSeconds, why, commandReadOnly, commandReadWrite, alternatives, cautions } = recommendation;
  const { strong, good, warn, dim } = page.style;
  const verdict = pool.candidates.find((candidate) => candidate.txg === txg)?.verdict ?? 'unverified';
  const proven = verdict === 'unverified' ? '. Not proven: it may still fail.' : '';
  const lost = lossText(txg, lossSeconds, written, commandReadOnly.includes('-m'));
  const lines = entry(page, 'Best', `txg ${txg}, ${lost}${proven}`, good, strong);
  // Of the newest txg that imports all is said above, unless it was aimed at something.
  if (why !== '' && !why.startsWith('the newest there is, and all')) {
    lines.push(...entry(page, '', sentence(clean(page, why))));
  }
  if (commandReadOnly.length > 0) lines.push(entryLine(page, shellCommand(commandReadOnly, page.unicode)));
  if (verdict === 'importable' && commandReadWrite.length > 0) {
    lines.push(...entry(page, '', 'To write to it again, once that worked; this cannot be undone:', dim, dim));
    lines.push(entryLine(page, shellCommand(commandReadWrite, page.unicode), dim));
    const after = recommendation.afterReadWrite ?? '';
    if (after !== '') {
      lines.push(...entry(page, '', 'Then at once, so that no import returns to the newer txgs:', dim, dim));
      lines.push(entryLine(page, clean(page, after), dim));
    }
  } else if (verdict === 'readonly') {
    lines.push(...entry(page, '', 'Read-write this txg does not import.', dim, dim));
  }
  if (depth === 'meta') {
    lines.push(...entry(page, '', 'The content of files was not read: --depth data reads it too.', dim, dim));
  }
  lines.push(...stateAt(page, recommendation));
  for (const other of alternatives) lines.push(...entry(page, 'Or', `txg ${other.txg}: ${clean(page, other.why)}`));
  for (const caution of cautions) lines.push(...entry(page, 'Careful', clean(page, caution), warn));
  lines.push(...overlay(page, recommendation));
  return lines;
}

/** What going back to `txg` costs, in words. */
function lossText(txg: string, lossSeconds: number, written: readonly Written[], withoutLog: boolean): string {
  const steps = written.findIndex((each) => each.txg === txg);
  if (steps === 0) return `the newest: no txg is lost${withoutLog ? ' but what waited in the missing log' : ''}`;
  const back = steps > 0 ? ` (${countText(steps, 'txg')} back)` : '';
  if (lossSeconds < 0) return `by its clock ${durationText(-lossSeconds)} after the newest${back}`;
  return `${lossSeconds === 0 ? 'less than 1 s' : durationText(lossSeconds)} before the newest${back}`;
}

/** A part of a sentence as one of its own. */
const sentence = (text: string): string =>
  `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? '' : '.'}`;

/** No txg can be named: what to do instead. */
function nextStep(page: Page, { pool, newest, depth }: Case): string[] {
  const verdicts = new Set(newest.map((candidate) => candidate.verdict));
  const next = (text: string) => entry(page, 'Next', text);
  if (newest.length === 0 && pool.candidates.length === 0 && pool.missing.length === 0) {
    return next('Give every device and every older image you have to one scan; copy failing disks first (ddrescue).');
  }
  if (verdicts.has('importable') || verdicts.has('readonly')) return next('Choose a txg from the table.');
  if (verdicts.has('unverified') && (depth === 'labels' || depth === 'mos')) {
    return next('Look deeper for a recommendation: the same command with --depth meta.');
  }
  if (verdicts.has('unverified')) {
    return next('No txg could be checked far enough to recommend one. Try the table on a copy.');
  }
  if (verdicts.has('incomplete') || pool.missing.length > 0) {
    return next('Find the missing devices, or images of them, and give them all to one scan.');
  }
  return next(
    'No txg of these rings can be imported from these sources. Write nothing to the disks. ' +
      'Give every device and every older image you have to one scan; copy failing disks first (ddrescue).',
  );
}
