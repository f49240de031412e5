import type { LabelDifference, LabelsDocument, LabelsSource, LabelText } from '../document/labelsDocument.ts';
import type { JsonNvList, JsonValue } from '../document/nvlistJson.ts';
import { sizeText } from './amounts.ts';
import { fromBundle } from './fromBundle.ts';
import { labelValueText } from './labelValueText.ts';
import { clean, entry, flow, type Page, paragraph, wrap } from './page.ts';
import { couldNotRead, withoutPlace } from './sourceTrouble.ts';

export interface LabelsTextChoice {
  /** Every difference. */
  readonly all: boolean;
  /** How the labels are and where they differ; not what they say. */
  readonly quiet: boolean;
}

/** The four labels may differ everywhere; the document has every difference. */
const DIFFERENCES = 40;

/**
 * The report of `labels` for a terminal: per source the state of the four labels, where they differ, and what they say,
 * once, by the first label that is sound.
 */
export function labelsText(page: Page, document: LabelsDocument, choice: LabelsTextChoice): string {
  const readable = document.sources.filter(({ error, labels }) => error === null || labels.length > 0);
  const blocks = [fromBundle(page, document.sources)];
  blocks.push(...readable.flatMap((source) => sourceBlocks(page, source, choice)));
  blocks.push(couldNotRead(page, document.sources));
  return `${blocks
    .filter((block) => block.length > 0)
    .map((block) => block.join('\n'))
    .join('\n\n')}\n`;
}

export function sourceHeading(page: Page, source: Pick<LabelsSource, 'path' | 'sizeBytes' | 'offsetBytes'>): string[] {
  const parts = [clean(page, source.path), sizeText(source.sizeBytes)];
  if (source.offsetBytes !== '0') parts.push(`begins at byte ${source.offsetBytes}`);
  return flow(parts, '   ', page.width, '  ').map((line, index) => (index === 0 ? page.style.strong(line) : line));
}

function sourceBlocks(page: Page, source: LabelsSource, { all, quiet }: LabelsTextChoice): string[][] {
  const states = source.labels.flatMap((label) => labelState(page, source.path, label));
  const spoken =
    source.labels.find(({ status }) => status === 'ok') ?? source.labels.find(({ config }) => config !== null);
  const config = spoken?.config ?? null;
  const text =
    spoken === undefined || config === null || quiet
      ? []
      : [page.style.dim(`  What label ${spoken.index} says`), ...tree(page, config)];
  return [[...sourceHeading(page, source), ...states], differencesText(page, source, all), text];
}

function labelState(page: Page, path: string, label: LabelText): string[] {
  const { good, bad, dim } = page.style;
  const paint = label.status === 'ok' ? good : label.status === 'empty' || label.status === 'absent' ? dim : bad;
  const why = label.error === null ? '' : `: ${clean(page, withoutPlace(path, label.error.message))}`;
  const boot = label.bootEnvironment;
  const environment =
    boot.kind === null || boot.kind === 'blank'
      ? ''
      : `, boot environment: ${boot.kind === 'text' ? 'text' : boot.kind}`;
  return entry(
    page,
    `label ${label.index}`,
    `${label.status}, at byte ${label.offsetBytes}${why}${environment}`,
    paint,
  );
}

function differencesText(page: Page, source: LabelsSource, all: boolean): string[] {
  if (source.differences.length === 0) return [];
  const shown = all ? source.differences : source.differences.slice(0, DIFFERENCES);
  const lines = shown.flatMap((difference) => [
    ...paragraph(page, clean(page, difference.key), page.style.strong),
    ...sides(page, source, difference),
  ]);
  const rest = source.differences.length - shown.length;
  if (rest > 0) lines.push(...paragraph(page, `${rest} more differences: --all`, page.style.dim));
  return [page.style.warn('  The labels differ'), ...lines];
}

/** Labels that say the same stand together; a label that does not decode has no side. */
function sides(page: Page, source: LabelsSource, { values }: LabelDifference): string[] {
  const groups = new Map<string, number[]>();
  for (const { index, config } of source.labels) {
    if (config === null) continue;
    const value = values[index] ?? null;
    const text = value === null ? '(not there)' : clean(page, String(value));
    groups.set(text, [...(groups.get(text) ?? []), index]);
  }
  return [...groups].flatMap(([text, indexes]) =>
    wrap(`L${indexes.join(', L')}: ${text}`, page.width - 4).map((line) => `    ${line}`),
  );
}

/** One value an entry, two columns deeper a level. */
function tree(page: Page, list: JsonNvList | readonly JsonValue[], indent = '    '): string[] {
  return Object.entries(list).flatMap(([name, value]: [string, JsonValue]) => {
    const key = `${clean(page, name)}:`;
    if (typeof value === 'object') return [`${indent}${page.style.dim(key)}`, ...tree(page, value, `${indent}  `)];
    const [first = '', ...rest] = wrap(
      `${key} ${clean(page, labelValueText(name, value))}`,
      page.width - indent.length - 2,
    );
    const painted = first.startsWith(key) ? page.style.dim(key) + first.slice(key.length) : first;
    return [`${indent}${painted}`, ...rest.map((line) => `${indent}  ${line}`)];
  });
}
