import { guidSumDifference, guidSumOf } from '../../pool/guidSum.ts';
import type { OutsideReason, VdevNode } from '../../pool/pool.ts';
import { leavesOf, spareable, vdevHealth, vdevName } from '../../pool/vdevHealth.ts';
import { isTruncated, leafSizes } from '../../pool/vdevSize.ts';
import { guessMissingTops, type TopGuess } from '../missingTops.ts';
import { type Evidence, type Finding, list, type Severity } from './finding.ts';

/** Leaves and whole top-level vdevs that no source is, and what it takes to do without. */
export function missingDevices({ pool, candidates }: Evidence): Finding[] {
  const guesses = guessMissingTops(pool, candidates);
  return (pool.root?.children ?? []).flatMap((top) => {
    if (top.config.type === 'missing') {
      return [missingTop(top.config.id ?? 0, guesses.get(top.config.id ?? 0) ?? 'unknown', differenceOf(pool))];
    }
    const health = vdevHealth(top);
    return [...leavesOf(top)]
      .filter((leaf) => leaf.device === null && !['hole', 'indirect', 'dspare'].includes(leaf.config.type))
      .map((leaf) => missingLeaf(leaf, top, health === 'missing'));
  });
}

function differenceOf(pool: Evidence['pool']): bigint | null {
  const lost = pool.root?.children.filter(({ config }) => config.type === 'missing').length ?? 0;
  const { expected, found } = pool.guidSum;
  return lost === 1 && expected !== null ? guidSumDifference(expected, found) : null;
}

function missingLeaf(leaf: VdevNode, top: VdevNode, lost: boolean): Finding {
  const { guid, type, path } = leaf.config;
  const log = top.role === 'log';
  const of = leaf === top ? '' : `, of ${vdevName(top)}`;
  const what = `${type} ${path ?? 'without path'} (guid ${guid}${of})`;
  if (log) {
    const without = lost
      ? 'Import with -m does without; what was written synchronously in the last seconds is lost.'
      : 'Its mirror is there.';
    return finding('log-missing', 'warning', `Log device missing: ${what}. ${without}`);
  }
  const spare = spareable(top);
  if (leaf === top) {
    const message = `Device missing: ${type} ${path ?? 'without path'} (guid ${guid}), which is top-level vdev ${top.config.id ?? '?'} by itself. Nothing replaces it.`;
    return finding('device-missing', 'error', message);
  }
  const without = lost
    ? `${vdevName(top)} can do without ${spare} and lacks more: the pool does not import until enough devices are back.`
    : 'Redundancy does without it.';
  return finding('device-missing', lost ? 'error' : 'warning', `Device missing: ${what}. ${without}`);
}

/** No label describes it, so name and path are not known; if it was one disk, the guid sum tells its guid. */
function missingTop(id: number, guess: TopGuess, difference: bigint | null): Finding {
  const what = `Top-level vdev ${id} is missing: none of its devices was given`;
  const guid = difference === null || difference === 0n ? '' : ` If it is a single disk, its guid is ${difference}.`;
  switch (guess) {
    case 'log':
      return finding(
        'log-missing',
        'warning',
        `${what}. No root block lies on it, so it is most likely a log device; import with -m does without, and what was written synchronously in the last seconds is lost.${guid}`,
      );
    case 'removed':
      return finding(
        'top-level-unknown',
        'info',
        `Nothing stands at top-level vdev ${id}. The pool has had devices removed, and this may be the place of one; if not, its devices are missing.`,
      );
    case 'data':
      return finding(
        'device-missing',
        'error',
        `${what}, and metadata of the pool lies on it. Nothing replaces a top-level vdev: find its devices.${guid}`,
      );
    default:
      return finding(
        'device-missing',
        'error',
        `${what}. Whether it held data or was a log device is not known.${guid}`,
      );
  }
}

const finding = (code: string, severity: Severity, message: string): Finding => ({
  code,
  severity,
  message,
  devices: [],
});

/** Sources that are shorter than the vdev was: the end was cut off, or the image is not whole. */
export function truncatedDevices({ pool }: Evidence): Finding[] {
  return (pool.root?.children ?? []).flatMap((top) => {
    const truncated = leafSizes(top).filter(isTruncated);
    const leaves = new Set(truncated.map(({ leaf }) => leaf));
    const lost = vdevHealth(top, (leaf) => leaf.device !== null && !leaves.has(leaf)) === 'missing';
    return truncated.map(({ device, needed }): Finding => {
      const short = needed - BigInt(device.alignedSize);
      const without = lost ? 'The pool does not import like this.' : 'Redundancy does without it.';
      return {
        code: 'device-truncated',
        severity: lost ? 'error' : 'warning',
        message: `${device.source.name} is ${device.source.size} bytes long; the vdev needs at least ${needed}: ${short} are missing at the end, and OpenZFS does not open it. ${without}`,
        devices: [device],
      };
    });
  });
}

const OUTSIDE: Record<OutsideReason, { code: string; severity: Severity; says: string }> = {
  'former-member': {
    code: 'former-member',
    severity: 'info',
    says: 'carries labels of this pool but is no longer part of it: detached, replaced or removed. It was not used.',
  },
  duplicate: {
    code: 'duplicate-device',
    severity: 'warning',
    says: 'says it is the same device as another source. The newer one was used; zpool import may take either: give it only one.',
  },
  'labels-lost': {
    code: 'device-by-ring',
    severity: 'warning',
    says: 'has no label that decodes; its uberblocks show that it belongs to this pool. OpenZFS does not use it as it is.',
  },
  spare: { code: 'spare-device', severity: 'info', says: 'is a hot spare of this pool, by the guid sum of its ring.' },
  cache: {
    code: 'cache-device',
    severity: 'info',
    says: 'is a cache device of this pool, by the guid sum of its ring.',
  },
};

/** Devices of the pool that stand beside its tree. */
export function outsideDevices({ pool }: Evidence): Finding[] {
  return pool.outside.map(({ device, reason }) => {
    const { code, severity, says } = OUTSIDE[reason];
    return { code, severity, message: `${device.source.name} ${says}`, devices: [device] };
  });
}

const HARMLESS: ReadonlySet<TopGuess> = new Set<TopGuess>(['log', 'removed']);

/** Every top-level vdev there, and still the guids do not add up. */
export function guidSumMismatch({ pool, candidates }: Evidence): Finding[] {
  const { expected, found } = pool.guidSum;
  if (pool.root === null || expected === null || expected === found) return [];
  const difference = guidSumDifference(expected, found);
  const lost = pool.root.children.filter(({ config }) => config.type === 'missing');
  const guesses = guessMissingTops(pool, candidates);
  const known = guidSumOf(pool.root) === expected;
  const harmless =
    known || (lost.length > 0 && lost.every(({ config }) => HARMLESS.has(guesses.get(config.id ?? -1) ?? 'unknown')));
  const ids = list(lost.map(({ config }) => config.id ?? '?'));
  const unexplained =
    lost.length === 0
      ? 'The labels describe another tree than the uberblock: one of them is older.'
      : `The missing top-level vdev ${ids} may explain it.`;
  const why = known
    ? 'The top-level vdevs of which no label was given, as the meta-object set has them, make up for it.'
    : unexplained;
  return [
    {
      code: 'guid-sum-mismatch',
      severity: harmless ? 'info' : 'warning',
      message: `The guids of the known vdevs add up to ${found}, the newest uberblock says ${expected}; the difference is ${difference}. ${why}`,
      devices: [],
    },
  ];
}
