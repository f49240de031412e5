import { firstToKnow } from '../load/openzfs.ts';
import type { ClosedLeaf, LostBlock, NotRead, OtherReason, Reason, StepReason } from '../load/reason.ts';
import type { RootCheck } from '../load/rootState.ts';
import { failedReadsOf } from '../pool/blockRead.ts';
import { guidSumDifference } from '../pool/guidSum.ts';
import type { BlockRole } from '../traverse/summary.ts';
import { badPlaces, briefErrorWords, errorWords, readPlaces, wrongPlaces } from './errors.ts';
import { needTroubleWords } from './needs.ts';
import { MOS_WORDS, readingWords } from './readings.ts';
import { refusalWords } from './refusals.ts';

/** A reason in full, or as far as it fits beside a txg: which block it is, not where each copy was looked for. */
export type Length = 'full' | 'brief';

/**
 * One sentence for a person, without its end. Names in it are raw text of the image: escape them before they reach a
 * terminal.
 */
export function reasonWords(reason: Reason, length: Length = 'full'): string {
  switch (reason.code) {
    case 'all-reads':
      return 'everything needed can be read';
    case 'stopped':
      return 'judging was stopped before this txg had its turn';
    case 'traversal-not-done':
      return 'all that an import reads before it checks every block can be read; that check was not done at this depth';
    case 'root-reads':
      return `root block reads ${whereRead(reason.root)}; nothing below it was checked at this depth`;
    case 'device-to-be-at':
      return `the labels know vdev ${reason.guid} no more: it has to be found at ${reason.path ?? 'its old path'}`;
    case 'content-lost':
      return `${reason.blocks} ${reason.blocks === 1 ? 'block' : 'blocks'} of content cannot be read at this txg`;
    case 'given-devices':
      return `with all devices another uberblock of txg ${reason.txg} is taken: the commands give only ${reason.devices.join(', ')}`;
    case 'stranger-gone':
      return `${reason.error.place?.source ?? 'a device'} stopped answering (${reason.error.code}) before it was known whose it is, and may be the device that is missing`;
    case 'newer-open':
      return newerOpen(reason);
    case 'checkpoint':
      return `the checkpoint: no ring holds it, txg ${reason.heldBy} keeps it in ${MOS_WORDS}`;
    case 'checkpoint-read-only':
      return `read-only: the newest txg does not lead to it, and with -T OpenZFS goes back to a checkpoint only in memory; to write, import txg ${reason.heldBy} first and write past the newest txg`;
    case 'checkpoint-damage-unseen':
      return `the checkpoint, with ${reason.blocks} ${reason.blocks === 1 ? 'block' : 'blocks'} of metadata damaged that its import does not look at: ${stepReasonWords(reason.reason, length)}`;
    case 'need-whole':
      return `${reason.need} is there and reads whole`;
    case 'need-absent':
      return `${reason.need} is not there at this txg`;
    case 'need-damaged':
      return `${reason.need} is damaged: ${needTroubleWords(reason.trouble, length)}`;
    case 'need-unknown':
      return `${reason.need} cannot be told of: ${needTroubleWords(reason.trouble, length)}`;
    default:
      return stepReasonWords(reason, length);
  }
}

/** The same of what a step of the load met. */
export function stepReasonWords(reason: StepReason, length: Length = 'full'): string {
  switch (reason.code) {
    case 'unreadable':
    case 'nonsense':
    case 'unjudged':
      return `${notRead(reason)}: ${errorIn(reason.error, length)}`;
    case 'no-label':
      return 'no device has a label from which zpool import could tell the pool';
    case 'uberblock-not-seen':
      return 'only devices that zpool import does not open carry this uberblock';
    case 'top-closed':
      return `${reason.top.name} cannot be opened: ${[...absentLeaves(reason), ...reason.closed.map(closedLeaf)].join('; ')}`;
    case 'other-uberblock-first':
      return `another uberblock of txg ${reason.txg} comes before this one on the same devices`;
    case 'reflow-differs':
      return reflowWords(reason);
    case 'version-unknown':
      return `it says pool version ${reason.version}, which OpenZFS does not import`;
    case 'stored-version-unknown':
      return `the stored uberblock says pool version ${reason.version}, which is none that OpenZFS imports`;
    case 'label-without-features':
      return `the label of ${reason.device} lists no features`;
    case 'label-features-unknown':
      return `the label of ${reason.device} needs features that OpenZFS ${reason.release} does not know: ${features(reason)}`;
    case 'root-block':
      return rootWords(reason, length);
    case 'nothing-to-read-with':
      return 'no blocks can be read';
    case 'uberblock-on-later-devices':
      return 'only devices that the pool did not have at this txg carry the uberblock';
    case 'config-top-closed':
      return `${reason.top.name} of the config at this txg cannot be opened: ${reason.closed.map(lackingLeaf).join('; ')}`;
    case 'guid-sum-differs':
      return `the guids of the config sum up to ${reason.config}, the uberblock says ${reason.uberblock}: ${guidSumDifference(reason.uberblock, reason.config)} is missing`;
    case 'top-lacking':
      return `a pool without ${reason.top.name} opens read-only alone`;
    case 'features-unknown':
      return `the pool uses features that OpenZFS ${reason.release} does not know: ${features(reason)}`;
    case 'features-unknown-to-write':
      return `to write, OpenZFS ${reason.release} would have to know ${features(reason)}`;
    case 'space-contradicts':
      return spaceWords(reason);
    case 'log-closed':
      return `the intent log of ${reason.dataset} lies on ${reason.top.name}, which is closed`;
    case 'log-unreadable':
      return `the intent log of ${reason.dataset}: ${errorIn(reason.error, length)}`;
    case 'metadata-errors':
      return `${reason.count} metadata errors`;
    case 'block-lost':
      return blockLost(reason, length);
  }
}

const errorIn = (error: NotRead['error'], length: Length): string =>
  length === 'brief' ? briefErrorWords(error) : errorWords(error);

function notRead({ code, what }: NotRead): string {
  if (what === null) return 'something that an import needs does not read';
  const read = readingWords(what);
  switch (code) {
    case 'unreadable':
      return `cannot read ${read}`;
    case 'nonsense':
      return `${read} makes no sense`;
    case 'unjudged':
      return `${read} cannot be judged`;
  }
}

type Of<Code extends (StepReason | OtherReason)['code']> = Extract<StepReason | OtherReason, { code: Code }>;

const absentLeaves = ({ absent, leaves }: Of<'top-closed'>): string[] =>
  absent === 0 ? [] : [`${absent} of its ${leaves} devices ${absent === 1 ? 'is' : 'are'} missing`];

const closedLeaf = ({ name, refusal }: ClosedLeaf): string =>
  `${name} ${refusal === null ? 'is missing' : refusalWords(refusal)}`;

const lackingLeaf = ({ name, guid, refusal }: ClosedLeaf): string =>
  closedLeaf({ name: `${name} (guid ${guid})`, guid, refusal });

function reflowWords({ at, newest }: Of<'reflow-differs'>): string {
  const then = at === 0n ? 'not begun' : `at byte ${at}`;
  const now = newest === 0n ? 'none is under way' : `at byte ${newest}`;
  return `it was written when the raidz expansion was ${then}, and the newest uberblock says ${now}: OpenZFS 2.3 and newer refuse to go back over that`;
}

/** `com.klarasystems:dynamic_gang_header (2.4 does)`: features that are not known, and the first release that knows each. */
const features = ({ features: guids }: { readonly features: readonly string[] }): string =>
  guids
    .map((guid) => {
      const first = firstToKnow(guid);
      return first === null ? guid : `${guid} (${first} does)`;
    })
    .join(', ');

function rootWords({ state, root }: Of<'root-block'>, length: Length): string {
  const { copies, attempts, error } = root;
  const named = length === 'brief' ? copies.slice(0, 1) : copies;
  const block = `the root block${named.length === 0 ? '' : ` (${named.join(', ')})`}`;
  switch (state) {
    case 'destroyed':
      return `${block} fails its checksum on every copy${length === 'brief' ? '' : badPlaces(attempts)}`;
    case 'unread':
      return `${block} cannot be read ${readPlaces(failedReadsOf(attempts))}${wrongPlaces(attempts)}`;
    case 'corrupted':
      return `${block} does not hold ${MOS_WORDS}: ${error?.message ?? 'nonsense'}`;
    case 'missing-devices':
      return `every copy of ${block} lies on devices that are missing`;
    case 'unsupported':
      return `${block} could not be judged: ${error?.message ?? ''}`;
    case 'not-checked':
      return 'the root block was not read at this depth';
  }
}

function blockLost({ block, error, blocks }: Of<'block-lost'>, length: Length): string {
  const more = blocks > 1 ? `; ${blocks} blocks of metadata are bad in all` : '';
  const where =
    block.copies.length === 0 ? 'nowhere' : block.copies.slice(0, length === 'brief' ? 1 : undefined).join(', ');
  const why = error === null ? `OpenZFS does not follow the block pointer to ${where}` : errorIn(error, length);
  return `cannot read ${blockWords(block)}: ${why}${more}`;
}

const ROOTS = { 'object set': 'the root (object set)', dataset: 'the record (dataset)' } as const;
const BLOCKS: Readonly<Record<Exclude<BlockRole, keyof typeof ROOTS>, string>> = {
  dnodes: 'file table (dnode) block',
  indirect: 'pointer (indirect) block',
  content: 'content block',
  'intent log': 'intent log block',
};

/** `pointer (indirect) block 3 of level 1 of object 7 of tank/home`. */
function blockWords({ dataset, name, object, level, blockId, what }: LostBlock): string {
  const objset = dataset === 0n ? MOS_WORDS : (name ?? `dataset ${dataset}`);
  if (what === 'object set' || what === 'dataset') return `${ROOTS[what]} of ${objset}`;
  const block = level === 0 ? `${BLOCKS[what]} ${blockId}` : `${BLOCKS[what]} ${blockId} of level ${level}`;
  return object === 0n ? `${block} of ${objset}` : `${block} of object ${object} of ${objset}`;
}

function whereRead({ attempts }: RootCheck): string {
  if (attempts.some(({ outcome }) => outcome === 'rebuilt')) return 'rebuilt from redundancy';
  const good = attempts.filter(({ outcome }) => outcome === 'good').length;
  return `on ${good} of ${attempts.length} ${attempts.length === 1 ? 'place' : 'places'} looked at`;
}

function spaceWords({ vdev, metaslab, kind, offset, length, said }: Of<'space-contradicts'>): string {
  const does = kind === 'alloc' ? 'allocates what is allocated' : 'frees what is free';
  const who = said === 'space map' ? 'the space map' : 'what the logs hold beside the space map';
  return `an import that writes halts the machine (panic) or hangs: ${who} of metaslab ${metaslab} of ${vdev} ${does}, ${length} bytes at ${offset}`;
}

function newerOpen({ txg, error }: Of<'newer-open'>): string {
  const code = error === null ? '' : ` (${error.code})`;
  return `not judged: ${error?.place?.source ?? 'a device'} stopped answering${code}, which leaves the newer txg ${txg} open`;
}
