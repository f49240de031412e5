import type { Candidate } from '../../load/candidates.ts';
import type { VdevNode } from '../../pool/pool.ts';
import type { Judged } from '../judge.ts';
import { count, type Evidence, type Finding, list, time } from './finding.ts';

/** State that changes what an import or a rewind means. */
export function poolState({ pool, candidates }: Evidence): Finding[] {
  const newest = candidates.find(({ taken }) => taken)?.uberblock ?? null;
  const findings: Finding[] = [];
  if (pool.state === 'exported') {
    findings.push({
      code: 'pool-exported',
      severity: 'info',
      message: `The pool was exported${newest === null ? '' : ` (${time(newest.timestamp)})`}: it was closed in order.`,
      devices: [],
    });
  }
  if (pool.state === 'destroyed') {
    findings.push({
      code: 'pool-destroyed',
      severity: 'warning',
      message:
        'The pool was destroyed with zpool destroy; its contents are untouched until the disks are used again. The commands carry -D.',
      devices: [],
    });
  }
  return findings;
}

/** A host that is alive and has the pool open writes to it while it is being rewound: nothing is worse. */
export function multihost({ pool, candidates }: Evidence): Finding[] {
  const newest = candidates.find(({ taken }) => taken);
  const mmp = newest?.uberblock.mmp ?? null;
  if (newest === undefined || mmp === null) return [];
  const beat = newest.heartbeats[0]?.uberblock;
  const last = beat === undefined ? '' : ` Its last heartbeat is from ${time(beat.timestamp)}.`;
  const host = pool.hostname === null ? 'a host' : `host ${pool.hostname}`;
  return [
    {
      code: 'multihost',
      severity: pool.state === 'active' ? 'warning' : 'info',
      message: `Multihost protection is on; ${host} had the pool open.${last} Make sure that no host has it imported now: with -T an import does not notice one. From OpenZFS 2.3.6 and 2.4.1 on a read-only import without -T fails whatever the devices are (it cannot write its claim), and a read-write one needs every leg: the commands with -F -T do not claim and work.`,
      devices: [],
    },
  ];
}

/** A checkpoint that is kept, and uberblocks that are themselves one because the pool was rewound to it. */
export function checkpoint({ candidates, checkpoint: kept }: Evidence): Finding[] {
  const findings: Finding[] = [];
  for (const { txg, why } of kept?.refused ?? []) {
    const rest = kept?.candidate == null ? 'The pool cannot go back to it.' : 'An older txg has one that makes sense.';
    findings.push({
      code: 'checkpoint',
      severity: 'warning',
      message: `The pool keeps a checkpoint, but what txg ${txg} has of it is none: ${why}. ${rest}`,
      devices: [],
    });
  }
  if (kept?.candidate != null) findings.push(keptCheckpoint(kept.candidate, kept.judged));
  const rewound = candidates.filter(({ uberblock }) => uberblock.checkpointTxg !== 0n);
  if (rewound.length > 0) {
    const points = rewound.map(
      ({ txg, uberblock }) => `txg ${txg} continues the checkpoint of txg ${uberblock.checkpointTxg}`,
    );
    findings.push({
      code: 'checkpoint',
      severity: 'info',
      message: `The pool was rewound to a checkpoint: ${list(points)}.`,
      devices: [],
    });
  }
  return findings;
}

const TRAP = 'Do not try it read-write: OpenZFS puts it into the rings as the newest txg before it finds that out.';

/** @param judged null when nobody asked for it */
function keptCheckpoint({ uberblock, checkpoint: hold }: Candidate, judged: Judged | null): Finding {
  const verdict = judged?.prediction.verdict ?? 'unverified';
  const lost = verdict === 'damaged' || verdict === 'incomplete';
  const [reason = ''] = judged?.prediction.reasons ?? [];
  const worth = lost
    ? `It does not import: ${reason}. ${hold?.plain === true ? TRAP : ''}`.trim()
    : `All it reaches is kept until it is discarded. Its commands are those of the candidate of txg ${uberblock.txg}${hold?.plain === false ? ', read-only alone' : ''}.`;
  return {
    code: 'checkpoint',
    severity: lost ? 'warning' : 'info',
    message: `The pool keeps a checkpoint of txg ${uberblock.txg} (${time(uberblock.timestamp)}), as txg ${hold?.heldBy} has it. ${worth}`,
    devices: [],
  };
}

/** Data is moved in place while a raidz grows: txgs on the other side of a step cannot be gone back to. */
export function raidzExpansion({ pool, candidates }: Evidence): Finding[] {
  const tops = (pool.root?.children ?? []).filter(
    ({ config }) => config.raidzExpanding || config.raidzExpandTxgs.length > 0,
  );
  const newest = candidates.find(({ taken }) => taken)?.uberblock.raidzReflow;
  const refused = candidates.filter(({ uberblock: { raidzReflow } }) => {
    return newest !== undefined && (raidzReflow.offset !== newest.offset || raidzReflow.state !== newest.state);
  });
  const running = tops.some(({ config }) => config.raidzExpanding) || (newest !== undefined && newest.offset !== 0n);
  if (tops.length === 0 && refused.length === 0 && !running) return [];
  const which = tops.map(describeExpansion);
  const what = which.length === 0 ? 'A raidz vdev was being expanded' : which.join('; ');
  const blocked =
    refused.length === 0
      ? ''
      : ` OpenZFS refuses to go back to ${count(refused.length, 'candidate')} written during the expansion: txg ${list(refused.map(({ txg }) => txg))}.`;
  return [
    { code: 'raidz-expansion', severity: running ? 'warning' : 'info', message: `${what}.${blocked}`, devices: [] },
  ];
}

function describeExpansion({ config, children }: VdevNode): string {
  const name = `raidz${config.nparity ?? ''}-${config.id ?? '?'}`;
  return config.raidzExpanding
    ? `${name} is being expanded to ${children.length} disks`
    : `${name} was expanded at txg ${list(config.raidzExpandTxgs)}`;
}
