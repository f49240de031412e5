import { guidSumDifference } from '../../pool/guidSum.ts';
import { type LogHealth, logHealth } from '../../pool/logHealth.ts';
import type { OutsideReason, VdevNode } from '../../pool/pool.ts';
import type { DeviceSurvey } from '../../pool/survey.ts';
import { leavesOf, spareable, vdevHealth, vdevName } from '../../pool/vdevHealth.ts';
import { isTruncated, leafSizes } from '../../pool/vdevSize.ts';
import { guessMissingTops, type TopGuess } from '../missingTops.ts';
import type { StoppedTop } from '../stoppedTops.ts';
import type { Severity } from './codes.ts';
import { count, type Evidence, type Finding, list, size, span } from './finding.ts';

/** Leaves and whole top-level vdevs that no source is, and what it takes to do without. */
export function missingDevices({ pool, candidates, judged, stopped }: Evidence): Finding[] {
  const guesses = guessMissingTops(pool, candidates);
  return (pool.root?.children ?? []).flatMap((top) => {
    if (top.config.type === 'missing') {
      return [missingTop(top.config.id ?? 0, guesses.get(top.config.id ?? 0) ?? 'unknown', differenceOf(pool))];
    }
    const lost = vdevHealth(top) === 'missing';
    const leaves = [...leavesOf(top)].filter(
      ({ device, config }) => device === null && !['hole', 'indirect', 'dspare'].includes(config.type),
    );
    const passed = stopped.find((each) => each.top === top);
    if (passed !== undefined && leaves.length > 0) return [missingNewest(leaves, passed, judged)];
    return leaves.length === 0 ? [] : [missingLeaves(leaves, top, lost)];
  });
}

function differenceOf(pool: Evidence['pool']): bigint | null {
  const lost = pool.root?.children.filter(({ config }) => config.type === 'missing').length ?? 0;
  const { expected, found } = pool.guidSum;
  return lost === 1 && expected !== null ? guidSumDifference(expected, found) : null;
}

/** Redundancy does without what stopped before; it does not do without the one that went on. */
function missingNewest(
  leaves: readonly VdevNode[],
  { top, until, newest, stale }: StoppedTop,
  judged: Evidence['judged'],
): Finding {
  const devices = leaves.map(({ config: { type, path, guid } }) => `${type} ${path ?? 'without path'} (guid ${guid})`);
  const one = leaves.length === 1;
  const fails = judged.find(({ candidate }) => candidate.taken)?.prediction.verdict !== 'importable';
  const at = stale.find((each) => each.newest.txg === until)?.newest.timestamp ?? null;
  const when = at === null ? '' : `, ${span(newest.timestamp - at)} before the newest uberblock (txg ${newest.txg})`;
  const here = list(stale.map(({ leaf, newest: { txg } }) => `${vdevName(leaf)} stopped at txg ${txg}`));
  return finding(
    'device-missing',
    fails ? 'error' : 'warning',
    `${one ? 'Device' : count(leaves.length, 'device')} missing: ${list(devices)}, of ${vdevName(top)}. Only ${one ? 'it' : 'they'} can have what was written to ${vdevName(top)} after txg ${until}${when}: ${here}. Find ${one ? 'it' : 'them'} before anything is rewound.`,
  );
}

function missingLeaves(leaves: readonly VdevNode[], top: VdevNode, lost: boolean): Finding {
  const one = leaves.length === 1;
  const devices = leaves.map(({ config: { type, path, guid } }) => `${type} ${path ?? 'without path'} (guid ${guid})`);
  const alone = one && leaves[0] === top;
  const what = `missing: ${list(devices)}${alone ? '' : `, of ${vdevName(top)}`}.`;
  if (top.role === 'log') {
    const without = LOG_LESS[logHealth(top)];
    return finding('log-missing', 'warning', `Log ${one ? 'device' : 'devices'} ${what} ${without}`);
  }
  if (alone) {
    const id = top.config.id ?? '?';
    return finding(
      'device-missing',
      'error',
      `Device ${what} It is top-level vdev ${id} by itself: nothing replaces it.`,
    );
  }
  const spare = spareable(top);
  const without = lost
    ? `It can do without ${spare}: the pool does not import until enough are back.`
    : `Redundancy does without ${one ? 'it' : 'them'}.`;
  return finding(
    'device-missing',
    lost ? 'error' : 'warning',
    `${one ? 'Device' : count(leaves.length, 'device')} ${what} ${without}`,
  );
}

const LOG_LESS: Record<LogHealth, string> = {
  there: 'Its mirror is there.',
  closed: 'It is closed by its own state, for which an import needs no -m.',
  missing: 'Import with -m does without; what was written synchronously in the last seconds is lost.',
};

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
        message: `${device.source.name} is too short: it has ${size(BigInt(device.source.size))}, the vdev needs at least ${size(needed)}. ${size(short)} or more are missing at the end, and OpenZFS does not open it. ${without}`,
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
    says: 'says it is the same device as another source.',
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
export function outsideDevices({ pool, candidates }: Evidence): Finding[] {
  return pool.outside.map(({ device, reason, twin }) => {
    const { code, severity, says } = OUTSIDE[reason];
    const what = twin === null ? says : copySays(device, twin, candidates);
    return { code, severity, message: `${device.source.name} ${what}`, devices: [device] };
  });
}

/** Which of two copies of one leaf is the older, whether they parted, and what only the older one has. */
function copySays(copy: DeviceSurvey, { source }: DeviceSurvey, candidates: Evidence['candidates']): string {
  const on = (device: DeviceSurvey) => candidates.filter(({ copies }) => copies.some((each) => each.device === device));
  const own = on(copy);
  const twin = candidates.filter(({ copies }) => copies.some((each) => each.device.source === source));
  const [newest, last] = [own[0], twin[0]];
  const alone = own.filter((candidate) => !twin.includes(candidate));
  const parted = alone.some(({ txg }) => twin.some((each) => each.txg === txg));
  const age =
    newest === undefined || last === undefined || newest.txg >= last.txg
      ? `is a second copy of ${source.name}`
      : `is an older copy of ${source.name}: it stops at txg ${newest.txg}, the other goes on to txg ${last.txg}`;
  const apart = parted ? ', and each went on without the other' : '';
  const kept =
    alone.length === 0
      ? ''
      : ` Only it has txg ${list(alone.map(({ txg }) => txg))}: the commands for those give it alone.`;
  return `${age}${apart}. ${source.name} was used, and the commands give that one alone: of two, zpool import takes the one that it comes to first, so keep the copy out of its sight.${kept}`;
}
