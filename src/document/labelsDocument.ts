import type { NvList } from '../format/nvlist.ts';
import type { LabelStatus, LabelSurvey } from '../pool/survey.ts';
import { type JsonNvList, leaves, nvlistJson } from './nvlistJson.ts';
import type { DocumentError, ToolInfo } from './parts.types.ts';
import type { SourceHead } from './source.types.ts';
import { type DescribedSource, describeSource, documentError } from './sourceEntry.ts';

/** `labels --json`. */
export interface LabelsDocument {
  /** Name and version of the document. */
  readonly schema: 'zfs-uber/labels/1';
  /** Ended by a signal: sources that had no turn have the error `stopped`. */
  readonly stopped: boolean;
  /** What made it. */
  readonly tool: ToolInfo;
  /** All that was given. */
  readonly sources: readonly LabelsSource[];
}

export interface LabelsSource extends SourceHead {
  /** Four, index 0 to 3; none when the source could not be opened. */
  readonly labels: readonly LabelText[];
  /** Where labels that decode say different things. */
  readonly differences: readonly LabelDifference[];
}

export interface LabelText {
  /** 0 and 1 stand at the front of the vdev, 2 and 3 at its end. */
  readonly index: number;
  /** From the start of the vdev. */
  readonly offsetBytes: string;
  /** How its text reads. */
  readonly status: LabelStatus;
  /** Why the status is not `ok`. */
  readonly error: DocumentError | null;
  /** As far as it decodes, also when the checksum fails. */
  readonly config: JsonNvList | null;
  /** The region for boot loaders. */
  readonly bootEnvironment: {
    /** How it reads. */
    readonly status: LabelStatus;
    /** What is in it; null where it does not read. */
    readonly kind: 'blank' | 'text' | 'nvlist' | 'legacy' | null;
    /** Why the status is not `ok`. */
    readonly error: DocumentError | null;
  };
}

export interface LabelDifference {
  /** The way to the value: `vdev_tree.children[0].path`. */
  readonly key: string;
  /** By label index; null where the label lacks the key or does not decode. */
  readonly values: readonly (string | number | boolean | null)[];
}

export function buildLabelsDocument(
  tool: ToolInfo,
  surveyed: readonly DescribedSource[],
  stopped = false,
): LabelsDocument {
  return {
    schema: 'zfs-uber/labels/1',
    stopped,
    tool,
    sources: surveyed.map(({ source, survey }) => {
      const texts = new Map<NvList, JsonNvList>();
      const labels = (survey?.labels ?? []).map((label) => labelText(label, texts));
      return { ...describeSource(source), labels, differences: differences(labels) };
    }),
  };
}

/** @param texts of configs that other labels of the source have as well: most have one and the same */
function labelText(label: LabelSurvey, texts: Map<NvList, JsonNvList>): LabelText {
  const { status, kind, trouble } = label.bootEnvironment ?? { status: 'absent', kind: null, trouble: null };
  const { nvlist } = label;
  const config = nvlist === null ? null : (texts.get(nvlist) ?? nvlistJson(nvlist));
  if (nvlist !== null && config !== null) texts.set(nvlist, config);
  return {
    index: label.index,
    offsetBytes: label.offset.toString(),
    status: label.status,
    error: documentError(label.trouble),
    config,
    bootEnvironment: { status, kind, error: documentError(trouble) },
  };
}

/** Keys in the order in which they are first met, label 0 first. */
function differences(labels: readonly LabelText[]): LabelDifference[] {
  const decoded = labels.filter((label) => label.config !== null);
  if (decoded.length < 2) return [];
  const rows = new Map<string, (string | number | boolean | null)[]>();
  for (const label of decoded) {
    for (const { key, value } of leaves(label.config ?? {})) {
      const row = rows.get(key) ?? labels.map(() => null);
      row[label.index] = value;
      rows.set(key, row);
    }
  }
  const indexes = decoded.map((label) => label.index);
  return [...rows]
    .filter(([, row]) => indexes.some((index) => row[index] !== row[indexes[0] ?? 0]))
    .map(([key, values]) => ({ key, values }));
}
