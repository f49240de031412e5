import type { Refusal } from '../../rewind/facts/checkpoint.ts';
import type { KeptLeaf, SeenUberblock, StateValues } from '../../rewind/findings/values/states.ts';
import type { MultihostClaim } from '../../rewind/multihostClaim.ts';
import { list, time } from '../amounts.ts';
import { reasonWords } from '../reasons.ts';
import type { FindingWords } from './findingWords.ts';

type Values = { readonly [Code in keyof StateValues]: StateValues[Code] };

export const STATE_WORDS: FindingWords<keyof StateValues> = {
  'pool-exported': ({ time: at }) =>
    `The pool was exported${at === null ? '' : ` (${time(at)})`}: it was closed in order.`,
  'pool-destroyed': ({ unanimous }) => {
    const flag = unanimous
      ? 'The commands carry -D.'
      : 'Not all labels say so, and zpool import believes one of them, by the order of the paths: where the commands have no -D, with -D it would not find the pool.';
    return `The pool was destroyed with zpool destroy; its contents are untouched until the disks are used again. ${flag}`;
  },
  multihost: (values) => (values.seen === 'protection' ? protectedText(values) : writtenText(values)),
  watched: ({ seconds }) => `No uberblock was written in ${seconds} s of watching.`,
  checkpoint: checkpointText,
  'raidz-expansion': ({ vdevs, refused }) => {
    const which = vdevs.map(({ vdev, expanding, disks, txgs }) =>
      expanding ? `${vdev} is being expanded to ${disks} disks` : `${vdev} was expanded at txg ${list(txgs)}`,
    );
    const what = which.length === 0 ? 'A raidz vdev was being expanded' : which.join('; ');
    const blocked =
      refused.length === 0
        ? ''
        : ` OpenZFS refuses to go back to what was written during the expansion: txg ${list(refused)}.`;
    return `${what}.${blocked}`;
  },
  'trim-hazard': ({ txg, autotrim, running }) => {
    const under = running.map(({ vdev, what }) => `${what === 'trim' ? 'a trim' : 'an initialize'} of ${vdev}`);
    const what = [
      ...(autotrim ? ['autotrim is on'] : []),
      ...(under.length === 0 ? [] : [`${list(under)} is not finished`]),
    ].join(' and ');
    const becomes = running.some((each) => each.what === 'initialize') ? 'overwritten' : 'discarded by the disks';
    return `At txg ${txg} ${what}: soon after a read-write import, space that the imported txg does not use is ${becomes}, and with it every other txg. Import read-only, or write to an overlay.`;
  },
  'device-offline': (leaf) =>
    `${leafText(leaf)} was taken offline with zpool offline. That is kept in the labels (offline 1): an import leaves it closed, whatever it holds, until zpool online. ${withoutText(leaf)}`,
  'device-faulted': (leaf) => {
    // The only copy is marked as degraded instead, and was in use to the end.
    const flags = [...(leaf.faulted ? ['faulted 1'] : []), ...(leaf.degraded ? ['degraded 1'] : [])];
    const kept = [...flags, 'aux_state external'].join(', ');
    return `${leafText(leaf)} was faulted with zpool offline -f. That is kept in the labels (${kept}): every import leaves it closed, whatever it holds, until zpool clear. ${withoutText(leaf)}`;
  },
  'overwritten-by-pool': ({ device, pool, by, bytes, until }) => {
    const later = `pool ${by.name ?? 'without name'} (guid ${by.guid})`;
    const where = bytes === null ? 'in the same place' : `in its bytes ${bytes.first} to ${bytes.last}`;
    return `${device}: ${later} lies ${where} and was written later, until ${time(until)}: it has been made over ${pool ?? 'this pool'}, and what it wrote over is lost here. Decide which of the two is wanted: to import one read-write damages the other. What was overwritten is in images from before that alone.`;
  },
};

function protectedText({
  host,
  heartbeat,
  claim,
}: Extract<Values['multihost'], { readonly seen: 'protection' }>): string {
  const last = heartbeat === null ? '' : ` Its last heartbeat is from ${time(heartbeat)}.`;
  const more = claim === null ? '' : ` ${claimText(claim)}`;
  return `Multihost protection is on; ${host === null ? 'a host' : `host ${host}`} had the pool open.${last} Make sure that no host has it imported now: with -T an import does not notice one.${more}`;
}

function claimText({ releases, seconds, exported, lacking }: MultihostClaim): string {
  const where = exported ? 'on any host but the one that exported it' : 'on the host that had it too';
  const readWrite =
    lacking.length === 0
      ? 'read-write it writes a claim to every leaf, and is refused where a leg of a mirror is missing (EREMOTEIO)'
      : `read-write it is refused (EREMOTEIO), as the claim has to reach ${list(lacking.map(({ name }) => name))} too`;
  return `Without -T, OpenZFS ${releases} watches the pool for ${seconds} s or a quarter more, ${where}, and then: with -o readonly=on the import always fails, as it cannot write its claim; ${readWrite}; once refused, -F goes on to no older txg. The commands with -F -T do not claim and work.`;
}

function writtenText(values: Extract<Values['multihost'], { readonly seen: 'writing' }>): string {
  const { host, seconds, before, after } = values;
  const whose = host === null ? '' : ` Its labels name host ${host}.`;
  const from = before === null ? 'nothing' : seenText(before);
  return `The pool is in use by another host right now: do not import it read-write. In ${seconds} s its newest uberblock went from ${from} to ${seenText(after)}.${whose}`;
}

const seenText = ({ txg, time: at, sequence }: SeenUberblock): string =>
  `txg ${txg} (${time(at)})${sequence === null ? '' : `, sequence ${sequence}`}`;

const TRAP = 'Do not try it read-write: OpenZFS puts it into the rings as the newest txg before it finds that out.';

function checkpointText(values: Values['checkpoint']): string {
  switch (values.kind) {
    case 'refused': {
      const rest = values.olderHas ? 'An older txg has one that makes sense.' : 'The pool cannot go back to it.';
      return `The pool keeps a checkpoint, but what txg ${values.txg} has of it is none: ${refusalText(values.why)}. ${rest}`;
    }
    case 'rewound': {
      const to = values.to.map(({ txg, checkpoint }) => `txg ${txg} continues the checkpoint of txg ${checkpoint}`);
      return `The pool was rewound to a checkpoint: ${list(to)}.`;
    }
    case 'kept': {
      const { txg, time: at, heldBy, fails, plain } = values;
      const worth =
        fails === null
          ? `All it reaches is kept until it is discarded. Its commands are those of txg ${txg} in the table${plain === false ? ', read-only alone' : ''}.`
          : `It does not import: ${reasonWords(fails)}.${plain === true ? ` ${TRAP}` : ''}`;
      return `The pool keeps a checkpoint of txg ${txg} (${time(at)}), as txg ${heldBy ?? '?'} has it. ${worth}`;
    }
  }
}

function refusalText(why: Refusal): string {
  switch (why.kind) {
    case 'of-another-txg':
      return `it is of txg ${why.txg} and says that it is the checkpoint of ${why.checkpointTxg}`;
    case 'not-older':
      return `it is of txg ${why.txg}, which is not before the txg that keeps it`;
    case 'no-root':
      return 'it has no root block';
    case 'newer-root':
      return `it is of txg ${why.txg}, and its root block of txg ${why.root}`;
    case 'unreadable':
      return why.error;
  }
}

function leafText({ device, guid, vdev, there }: KeptLeaf): string {
  const whose = vdev === null ? '' : ` of ${vdev}`;
  return `${device ?? 'a device without path'} (guid ${guid})${whose}${there ? '' : ', which is not among the sources,'}`;
}

const withoutText = ({ without }: KeptLeaf): string =>
  ({
    redundancy: 'Redundancy does without it.',
    log: 'The pool imports without its log.',
    nothing:
      'Nothing replaces it: no txg imports with these devices as they are, neither the newest nor one from before.',
  })[without];
