import type { Guid } from '../../bytes/units.ts';
import type { Uberblock } from '../../format/uberblock.ts';
import { seenForeign } from '../../load/candidates.ts';
import { refusedLeaves } from '../../load/usableLeaves.ts';
import { validatedLabel } from '../../load/validatedLabel.ts';
import type { Pool } from '../../pool/pool.ts';
import type { DeviceSurvey } from '../../pool/survey.ts';
import { compareUberblocks } from '../../pool/uberblockCopies.ts';
import { leavesOf, vdevHealth } from '../../pool/vdevHealth.ts';
import { newestOn } from '../stoppedTops.ts';
import { count, type Evidence, type Finding, list, several, time } from './finding.ts';

/** What another pool left on a device. */
interface Remains {
  readonly name: string | null;
  /** Null where nothing but uberblocks is left, which do not say whose they are. */
  readonly guid: Guid | null;
  /** Labels that name it. */
  readonly labels: readonly number[];
  /** Its newest uberblock; null without any. */
  readonly newest: Uberblock | null;
}

/** What another pool left on devices of this one: whose it is, what OpenZFS makes of it, and what keeps it apart. */
export function foreignPools(evidence: Evidence): Finding[] {
  const { pool } = evidence;
  return pool.devices.flatMap((device) => {
    const remains = remainsOn(device, pool);
    if (remains.length === 0) return [];
    const trouble = troubleOf(device, evidence);
    const message = [
      `${device.source.name}: ${list(remains.map((each) => tell(each, device, pool)))}.`,
      'What another pool wrote is no candidate of this one.',
      trouble?.message ?? '',
      remedyOf(device, evidence),
    ];
    return [
      {
        code: 'foreign-pool',
        severity: trouble?.grave ? ('error' as const) : ('warning' as const),
        message: message.filter((part) => part !== '').join(' '),
        devices: [device],
        ...(evidence.cut?.cuts[0]?.device === device ? { steps: evidence.cut.steps } : {}),
      },
    ];
  });
}

function remainsOn(device: DeviceSurvey, pool: Pool): Remains[] {
  if (pool.guid === 0n) return [];
  const found = new Map<Guid | null, { name: string | null; labels: number[]; newest: Uberblock | null }>();
  for (const { index, config, ring } of device.labels) {
    const other = config?.poolGuid ?? null;
    const named = other !== null && other !== pool.guid ? other : null;
    const newest = (ring?.slots ?? []).reduce<Uberblock | null>(
      (best, { state, uberblock }) =>
        state === 'foreign' && uberblock !== null && (best === null || compareUberblocks(uberblock, best) > 0)
          ? uberblock
          : best,
      null,
    );
    if (named === null && newest === null) continue;
    const known = found.get(named) ?? {
      name: named === null ? null : (config?.name ?? null),
      labels: [],
      newest: null,
    };
    known.labels.push(index);
    if (newest !== null && (known.newest === null || compareUberblocks(newest, known.newest) > 0))
      known.newest = newest;
    found.set(named, known);
  }
  return [...found].map(([guid, { name, labels, newest }]) => ({ guid, name, labels, newest }));
}

/** Whose it is, from when, and which of the two was on the device later. */
function tell({ name, guid, labels, newest }: Remains, device: DeviceSurvey, pool: Pool): string {
  const last = newest === null ? '' : `, last written at txg ${newest.txg} (${time(newest.timestamp)})`;
  const what =
    guid === null
      ? `uberblocks in ${several('label', labels)} that are another pool's by their guid sum${last}`
      : `${several('label', labels)} of pool ${name ?? ''} (guid ${guid})${last}`;
  const own = newestOn(device);
  if (newest === null || own === null) return what;
  const mine = `${pool.name ?? 'this pool'}, written until ${time(own.timestamp)}`;
  return newest.timestamp <= own.timestamp
    ? `${what}: it was on the device before ${mine}, which has overwritten it`
    : `${what}: later than ${mine}, over which it may have written`;
}

interface Trouble {
  readonly message: string;
  /** An import as it is fails for it. */
  readonly grave: boolean;
}

/** What OpenZFS, which does not tell them apart, does with them; null where they are not in its way. */
function troubleOf(device: DeviceSurvey, { pool, candidates }: Evidence): Trouble | null {
  const label = validatedLabel(device);
  const top = pool.root?.children.find((each) => [...leavesOf(each)].some((leaf) => leaf.device === device));
  const leaf = top && [...leavesOf(top)].find((each) => each.device === device);
  if (top !== undefined && leaf !== undefined && label !== null && label.poolGuid !== pool.guid) {
    const refused = refusedLeaves(top);
    if (refused.has(leaf)) {
      const grave = vdevHealth(top, (each) => each.device !== null && !refused.has(each)) === 'missing';
      const without = grave ? '' : ' Redundancy does without it.';
      return {
        message: `OpenZFS goes by the newest label of a device: it takes this one for a device of ${label.name ?? 'the other pool'} and does not open it.${without}`,
        grave,
      };
    }
  }
  const newest = candidates.find(({ taken }) => taken)?.uberblock ?? null;
  const higher = seenForeign(pool).filter(
    (each) => each.device === device && (newest === null || compareUberblocks(each.uberblock, newest) > 0),
  );
  const highest = higher.reduce<Uberblock | null>(
    (best, { uberblock }) => (best === null || compareUberblocks(uberblock, best) > 0 ? uberblock : best),
    null,
  );
  if (highest === null) return null;
  const message = `Nothing in an uberblock says whose it is: an import without -T takes one of the ${count(higher.length, 'newer one')} of the other pool (txg ${highest.txg}) and fails, also after this pool was imported and exported again.`;
  return { message, grave: true };
}

/** What makes the device end where its vdev does. */
function remedyOf(device: DeviceSurvey, { cut }: Evidence): string {
  const own = cut?.cuts.find((each) => each.device === device);
  if (own === undefined || cut === null) return '';
  const how = own.type === 'file' ? 'a copy that ends there' : 'a loop device that ends there';
  const then =
    cut.best === null
      ? ''
      : ` Then txg ${cut.best.candidate.txg} imports${cut.best.prediction.verdict === 'readonly' ? ' read-only' : ''}.`;
  return `The vdev ends at byte ${own.size}, the device goes on to ${device.source.size}, and OpenZFS looks for labels 2 and 3 at its end. Show it what is the vdev alone: ${how}.${then}`;
}
