import type { FindingEntry } from '../document/parts.types.ts';
import type { SourceEntry } from '../document/source.types.ts';
import { countText } from './amounts.ts';
import { hasData } from './fromBundle.ts';
import { clean, entryLine, type Page, paragraph } from './page.ts';
import type { PoolCase } from './poolCase.ts';
import { snapshotsText } from './recommendedState.ts';
import { isDamaged } from './sourceTrouble.ts';
import { shellText } from './stepsText.ts';
import { splitSteps } from './stepWords.ts';

/** True of any pool that is well; said of one that is not, where they may explain something. */
const ROUTINE: ReadonlySet<string> = new Set(['old-roots-overwritten', 'label-newer-than-uberblock', 'pool-exported']);

/** Findings that are worth a line although nothing is wrong. */
export const worthSaying = ({ findings }: PoolCase['pool']): FindingEntry[] =>
  findings.filter(({ code }) => !ROUTINE.has(code));

/** Nothing is wrong and nothing to decide: the newest txg imports, all devices and labels are there. */
export function isWell({ pool, newest, written, aims, sources, depth }: PoolCase): boolean {
  const { recommendation } = pool;
  const [best] = newest;
  const own = pool.sources.flatMap((index) => sources[index] ?? []);
  return (
    (depth === 'meta' || depth === 'data') &&
    best?.verdict === 'importable' &&
    (best.dataErrors ?? 0) === 0 &&
    recommendation?.txg === best.txg &&
    written[0]?.txg === best.txg &&
    recommendation.alternatives.length + recommendation.cautions.length === 0 &&
    pool.missing.length === 0 &&
    pool.state !== 'destroyed' &&
    aims.length === 0 &&
    newest.every(({ hazards }) => hazards.length === 0) &&
    pool.findings.every(({ severity }) => severity === 'info') &&
    !own.some(({ labels }) => labels.some(isDamaged))
  );
}

/** The command and a line of facts: more is not needed where all is well. */
export function wellPool(page: Page, about: PoolCase, quiet: boolean): string[] {
  const { pool, depth } = about;
  const { recommendation } = pool;
  if (recommendation === null) return [];
  const { toImport } = splitSteps(recommendation.steps);
  const lines = toImport.flatMap((step) => step.lines.map((line) => shellText(page, line)));
  const commands = lines.map((line) => entryLine(page, line).replace(/^ +/, '  '));
  if (quiet) return commands;
  const snapshots = snapshotsText(recommendation, 1);
  const logs = (recommendation.intentLog ?? []).filter(({ replays }) => replays > 0);
  const facts = [
    txgsLeft(about),
    ...(snapshots === null ? [] : [clean(page, snapshots)]),
    ...(logs.length === 0 ? [] : [`intent logs of ${countText(logs.length, 'dataset')} to replay`]),
    labelsText(pool.sources.flatMap((index) => about.sources[index] ?? [])),
    depth === 'data'
      ? 'file contents read too'
      : `file contents not read (${hasData(about.sources) ? '--depth data' : 'a bundle has none'})`,
    'all details: --all',
  ];
  const made = toImport.length > 1;
  const readWrite = made
    ? 'Copying out, closing, importing it read-write: --all has every step.'
    : 'Read-write: after zpool export, the same without -R /mnt -o readonly=on.';
  return [
    ...commands,
    ...paragraph(page, readWrite, page.style.dim),
    '',
    ...paragraph(page, `${facts.join('; ')}.`, page.style.dim),
  ];
}

function txgsLeft({ newest }: PoolCase): string {
  const txgs = new Set(newest.map(({ txg }) => txg));
  const good = new Set(newest.flatMap(({ txg, verdict }) => (verdict === 'importable' ? [txg] : [])));
  const oldest = newest.at(-1)?.txg;
  const which = good.size === txgs.size ? 'all import' : `${good.size} of them import`;
  return txgs.size === 1
    ? '1 txg in the rings'
    : `${txgs.size} txgs in the rings (${newest[0]?.txg} to ${oldest}), ${which}`;
}

function labelsText(sources: readonly SourceEntry[]): string {
  const labels = sources.reduce((sum, source) => sum + source.labels.length, 0);
  return labels === 1 ? 'its label is sound' : `all ${labels} labels sound`;
}
