import { decidingConfig } from '../../pool/deviceOrder.ts';
import { guidSumDifference } from '../../pool/guidSum.ts';
import { logHealth } from '../../pool/logHealth.ts';
import type { OutsideDevice, VdevNode } from '../../pool/pool.ts';
import type { DeviceSurvey } from '../../pool/survey.ts';
import { leavesOf, spareable, vdevHealth, vdevName } from '../../pool/vdevHealth.ts';
import { isTruncated, leafSizes } from '../../pool/vdevSize.ts';
import { mayHaveGoneOn } from '../elsewhere.ts';
import { guessMissingTops, type TopGuess } from '../missingTops.ts';
import type { StoppedTop } from '../stoppedTops.ts';
import type { Evidence, Finding } from './finding.ts';
import type { DeviceValues } from './values/devices.ts';
import { namedVdev } from './values/named.ts';

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
    return leaves.length === 0 ? [] : [missingLeaves(leaves, top, lost, mayHaveGoneOn(pool))];
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
  const fails = judged.find(({ candidate }) => candidate.taken)?.prediction.verdict !== 'importable';
  const at = stale.find((each) => each.newest.txg === until)?.newest.timestamp ?? null;
  return {
    code: 'device-missing',
    severity: fails ? 'error' : 'warning',
    values: {
      kind: 'newest',
      leaves: leaves.map(({ config }) => namedVdev(config)),
      vdev: vdevName(top),
      until,
      newest: newest.txg,
      seconds: at === null ? null : newest.timestamp - at,
      stopped: stale.map((each) => ({ vdev: vdevName(each.leaf), txg: each.newest.txg })),
    },
    devices: [],
  };
}

function missingLeaves(leaves: readonly VdevNode[], top: VdevNode, lost: boolean, later: boolean): Finding {
  const [leaf] = leaves;
  const alone = leaf === top && leaves.length === 1;
  const names = leaves.map(({ config }) => namedVdev(config));
  const vdev = vdevName(top);
  if (top.role === 'log') {
    const values = { kind: 'leaves', leaves: names, vdev: alone ? null : vdev, health: logHealth(top) } as const;
    return { code: 'log-missing', severity: 'warning', values, devices: [] };
  }
  if (alone) {
    const values = { kind: 'top-level-leaf', leaf: namedVdev(top.config), id: top.config.id } as const;
    return { code: 'device-missing', severity: 'error', values, devices: [] };
  }
  return {
    code: 'device-missing',
    severity: lost ? 'error' : 'warning',
    values: { kind: 'leaves', leaves: names, vdev, lost, spare: spareable(top), later },
    devices: [],
  };
}

/** No label describes it, so name and path are not known; if it was one disk, the guid sum tells its guid. */
function missingTop(id: number, guess: TopGuess, difference: bigint | null): Finding {
  const top = { kind: 'top-level', id, guid: difference === 0n ? null : difference } as const;
  switch (guess) {
    case 'log':
      return { code: 'log-missing', severity: 'warning', values: { ...top, held: 'log' }, devices: [] };
    case 'removed':
      return { code: 'top-level-unknown', severity: 'info', values: { id }, devices: [] };
    default:
      return { code: 'device-missing', severity: 'error', values: { ...top, held: guess }, devices: [] };
  }
}

/** Sources that are shorter than the vdev was: the end was cut off, or the image is not whole. */
export function truncatedDevices({ pool }: Evidence): Finding[] {
  return (pool.root?.children ?? []).flatMap((top) => {
    const truncated = leafSizes(top).filter(isTruncated);
    const leaves = new Set(truncated.map(({ leaf }) => leaf));
    const lost = vdevHealth(top, (leaf) => leaf.device !== null && !leaves.has(leaf)) === 'missing';
    return truncated.map(({ device, needed }): Finding => {
      return {
        code: 'device-truncated',
        severity: lost ? 'error' : 'warning',
        values: {
          device: device.source.name,
          size: BigInt(device.source.size),
          needed,
          short: needed - BigInt(device.alignedSize),
          spared: !lost,
        },
        devices: [device],
      };
    });
  });
}

/** Devices of the pool that stand beside its tree. */
export function outsideDevices({ pool, candidates }: Evidence): Finding[] {
  return pool.outside.map((outside) => outsideDevice(outside, candidates));
}

function outsideDevice({ device, reason, twin }: OutsideDevice, candidates: Evidence['candidates']): Finding {
  const about = { values: { device: device.source.name }, devices: [device] };
  switch (reason) {
    case 'former-member':
      return {
        code: 'former-member',
        severity: 'info',
        devices: [device],
        values: { device: device.source.name, txgZero: decidingConfig(device)?.role === 'uninitialised' },
      };
    case 'labels-lost':
      return { code: 'device-by-ring', severity: 'warning', ...about };
    case 'spare':
      return { code: 'spare-device', severity: 'info', ...about };
    case 'cache':
      return { code: 'cache-device', severity: 'info', ...about };
    case 'duplicate':
      return {
        code: 'duplicate-device',
        severity: 'warning',
        values: duplicateOf(device, twin, candidates),
        devices: [device],
      };
  }
}

/** Which of two copies of one leaf is the older, whether they parted, and what only one has. */
function duplicateOf(
  copy: DeviceSurvey,
  other: DeviceSurvey | null,
  candidates: Evidence['candidates'],
): DeviceValues['duplicate-device'] {
  const device = copy.source.name;
  if (other === null) return { device, twin: null, older: null, parted: false, only: [] };
  const own = candidates.filter(({ copies }) => copies.some((each) => each.device === copy));
  const twin = candidates.filter(({ copies }) => copies.some((each) => each.device.source === other.source));
  const [newest, last] = [own[0]?.txg, twin[0]?.txg];
  const alone = own.filter((candidate) => !twin.includes(candidate));
  return {
    device,
    twin: other.source.name,
    older: newest === undefined || last === undefined || newest >= last ? null : { stopped: newest, twin: last },
    parted: alone.some(({ txg }) => twin.some((each) => each.txg === txg)),
    only: alone.map(({ txg }) => txg),
  };
}
