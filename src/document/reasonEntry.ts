import type { ZfsUberError } from '../bytes/errors.ts';
import type { Hazard } from '../load/hazard.ts';
import type { Reading } from '../load/reading.ts';
import {
  type ClosedLeaf,
  type LostBlock,
  lostCopies,
  type NeedTrouble,
  type Reason,
  type VdevRef,
} from '../load/reason.ts';
import { hazardCause, hazardWords } from '../words/hazards.ts';
import { reasonWords } from '../words/reasons.ts';
import type { CandidateEntry, HazardEntry, ReadingEntry, ReasonEntry } from './candidate.types.ts';

/** The reasons of a prediction, in words and as data. */
export const reasonEntries = (reasons: readonly Reason[]): Pick<CandidateEntry, 'reasons' | 'reasonData'> => ({
  reasons: reasons.map((reason) => reasonWords(reason)),
  reasonData: reasons.map(reasonEntry),
});

export function hazardEntry(hazard: Hazard): HazardEntry {
  const { kind, releases, certain, after } = hazard;
  return {
    kind,
    releases,
    certain,
    message: hazardWords(hazard),
    brief: hazardCause(hazard, 'brief'),
    writes: after?.writes ?? false,
  };
}

function reasonEntry(reason: Reason): ReasonEntry {
  const copies = lostCopies(reason);
  return {
    code: reason.code,
    step: reason.step ?? null,
    brief: reasonWords(reason, 'brief'),
    ...(copies.length === 0 ? {} : { copies }),
    ...dataOf(reason),
  };
}

/** What makes a reason of its code one. */
function dataOf(reason: Reason): Omit<ReasonEntry, 'code' | 'step' | 'brief' | 'copies'> {
  switch (reason.code) {
    case 'unreadable':
    case 'nonsense':
    case 'unjudged':
      return { ...(reason.what === null ? {} : { what: readingEntry(reason.what) }), ...errorEntry(reason.error) };
    case 'block-lost':
      return { block: blockEntry(reason.block), blocks: reason.blocks, ...errorEntry(reason.error) };
    case 'log-unreadable':
      return { dataset: reason.dataset, ...errorEntry(reason.error) };
    case 'space-contradicts': {
      const { kind, metaslab, offset, length, said } = reason;
      return {
        space: { ...{ kind, metaslab, said, vdev: reason.vdev }, offset: offset.toString(), length: length.toString() },
      };
    }
    case 'log-closed':
      return { dataset: reason.dataset, vdev: vdevEntry(reason.top) };
    case 'root-block':
      return { rootState: reason.state, ...errorEntry(reason.root.error) };
    case 'top-closed':
    case 'config-top-closed':
      return { vdev: vdevEntry(reason.top), closed: reason.closed.map(closedEntry) };
    case 'top-lacking':
      return { vdev: vdevEntry(reason.top) };
    case 'other-uberblock-first':
      return { txg: reason.txg.toString() };
    case 'reflow-differs':
      return { expected: reason.newest.toString(), found: reason.at.toString() };
    case 'guid-sum-differs':
      return { expected: reason.uberblock.toString(), found: reason.config.toString() };
    case 'version-unknown':
    case 'stored-version-unknown':
      return { version: reason.version.toString() };
    case 'label-without-features':
      return { devices: [reason.device] };
    case 'label-features-unknown':
      return { devices: [reason.device], release: reason.release, features: reason.features };
    case 'features-unknown':
    case 'features-unknown-to-write':
      return { release: reason.release, features: reason.features };
    case 'metadata-errors':
      return { blocks: reason.count };
    case 'content-lost':
      return { blocks: reason.blocks };
    case 'device-to-be-at':
      return { vdev: { name: reason.path ?? '', guid: reason.guid.toString() }, path: reason.path };
    case 'given-devices':
      return { txg: reason.txg.toString(), devices: reason.devices };
    case 'stranger-gone':
      return errorEntry(reason.error);
    case 'newer-open':
      return { txg: reason.txg.toString(), ...errorEntry(reason.error) };
    case 'checkpoint':
    case 'checkpoint-read-only':
      return { txg: reason.heldBy.toString() };
    case 'checkpoint-damage-unseen':
      return { ...dataOf(reason.reason), blocks: reason.blocks };
    case 'need-whole':
    case 'need-absent':
      return { need: reason.need };
    case 'need-damaged':
    case 'need-unknown':
      return { need: reason.need, ...troubleEntry(reason.trouble) };
    default:
      return {};
  }
}

const troubleEntry = (trouble: NeedTrouble): Pick<ReasonEntry, 'trouble' | 'blocks' | 'error'> => ({
  trouble: trouble.kind,
  ...(trouble.kind === 'blocks-lost' ? { blocks: trouble.blocks } : {}),
  ...(trouble.kind === 'error' ? errorEntry(trouble.error) : {}),
});

const errorEntry = (error: ZfsUberError | null): Pick<ReasonEntry, 'error'> =>
  error === null ? {} : { error: placeOfError(error) };

/** An error by its code, and where it is. */
export const placeOfError = ({ code, place }: ZfsUberError) => ({
  code,
  source: place?.source ?? null,
  offsetBytes: place?.offset.toString() ?? null,
});

const vdevEntry = ({ name, guid }: VdevRef): NonNullable<ReasonEntry['vdev']> => ({ name, guid: guid.toString() });

const closedEntry = ({ refusal, ...leaf }: ClosedLeaf): NonNullable<ReasonEntry['closed']>[number] => ({
  ...vdevEntry(leaf),
  refusal: refusal?.code ?? null,
});

const blockEntry = ({ what, dataset, name, object, level, blockId }: LostBlock): NonNullable<ReasonEntry['block']> => ({
  what,
  datasetObject: dataset.toString(),
  dataset: name,
  object: object.toString(),
  level,
  blockId: blockId.toString(),
});

function readingEntry(what: Reading): ReadingEntry {
  const { role } = what;
  if ('of' in what) return { role, ...what.of };
  if ('directory' in what) {
    return 'name' in what.directory ? { role, directory: what.directory.name } : { role, ...what.directory.of };
  }
  if ('vdevId' in what) return { role, vdevId: what.vdevId.toString() };
  return 'txg' in what ? { role, txg: what.txg.toString() } : what;
}
