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
import type { Evidence, Finding } from './finding.ts';
import type { PlaceValues } from './values/places.ts';

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
  return pool.devices.flatMap((device): Finding[] => {
    const remains = remainsOn(device, pool);
    if (remains.length === 0) return [];
    const trouble = troubleOf(device, evidence);
    return [
      {
        code: 'foreign-pool',
        severity: trouble !== null && !(trouble.kind === 'label' && trouble.spared) ? 'error' : 'warning',
        values: {
          device: device.source.name,
          pool: pool.name,
          written: newestOn(device)?.timestamp ?? null,
          remains: remains.map(({ guid, name, labels, newest }) => ({
            pool: guid === null ? null : { name, guid },
            labels,
            newest: newest === null ? null : { txg: newest.txg, time: newest.timestamp },
          })),
          trouble,
          cut: cutOf(device, evidence),
        },
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

/** What OpenZFS, which does not tell them apart, does with them; null where they are not in its way. */
function troubleOf(device: DeviceSurvey, { pool, candidates }: Evidence): PlaceValues['foreign-pool']['trouble'] {
  const label = validatedLabel(device);
  const top = pool.root?.children.find((each) => [...leavesOf(each)].some((leaf) => leaf.device === device));
  const leaf = top && [...leavesOf(top)].find((each) => each.device === device);
  if (top !== undefined && leaf !== undefined && label !== null && label.poolGuid !== pool.guid) {
    const refused = refusedLeaves(top);
    if (refused.has(leaf)) {
      const spared = vdevHealth(top, (each) => each.device !== null && !refused.has(each)) !== 'missing';
      return { kind: 'label', other: label.name, spared };
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
  return highest === null ? null : { kind: 'uberblocks', newer: higher.length, newest: highest.txg };
}

/** What makes the device end where its vdev does. */
function cutOf({ source }: DeviceSurvey, { cut }: Evidence): PlaceValues['foreign-pool']['cut'] {
  const own = cut?.cuts.find((each) => each.device.source === source);
  if (own === undefined || cut === null) return null;
  const { best } = cut;
  const then = best === null ? null : { txg: best.candidate.txg, readOnly: best.prediction.verdict === 'readonly' };
  return { type: own.type, size: own.size, deviceSize: source.size, then };
}
