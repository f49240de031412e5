import type { Engine } from '../block/engine.ts';
import { LABEL_SIZE } from '../format/label.layout.ts';
import { ownLeaf } from '../format/labelConfig.ts';
import { decidingConfig } from '../pool/deviceOrder.ts';
import type { Pool } from '../pool/pool.ts';
import type { DeviceSurvey } from '../pool/survey.ts';
import { surveyDevice } from '../pool/surveyDevice.ts';
import { impliedSize } from '../pool/vdevSize.ts';
import { slice } from '../source/source.ts';
import type { CutPool, CutVdev } from './cutPool.ts';
import type { Gathered } from './gather.ts';
import type { ImportPlace } from './importPlace.ts';
import type { JudgedCandidate } from './judgedCandidate.ts';

/** How far behind the size that a label implies the end of its vdev is looked for, in labels: legs of a mirror differ. */
const NEAR = 64;

/**
 * Judges the pool with each device cut to its vdev, where another pool's labels stand behind that: OpenZFS looks for
 * labels 2 and 3 at the end of the device, and takes the newest label and the newest uberblock of all four.
 *
 * @param best what is recommended with the devices as they are
 * @returns null where nothing is to be cut
 */
export async function cutPool(
  { pool, all, options, judgeWith }: Gathered,
  best: JudgedCandidate | null,
): Promise<CutPool | null> {
  const { blocks, signal, placeOf } = options;
  const original = new Map<DeviceSurvey, DeviceSurvey>();
  const cuts: CutVdev[] = [];
  const devices: DeviceSurvey[] = [];
  for (const device of pool.devices) {
    const end = hasOthersBehind(pool, device) ? impliedEnd(device) : null;
    const short = end === null || blocks === undefined ? null : await endedAt(pool, device, end, blocks.engine, signal);
    if (short === null) devices.push(device);
    else {
      devices.push(short);
      original.set(short, device);
      const config = decidingConfig(device);
      const type = (config === null ? null : ownLeaf(config)?.type) === 'file' ? 'file' : 'disk';
      cuts.push({ device, size: short.source.size, type });
    }
  }
  if (cuts.length === 0) return null;
  const whole = best !== null && best.candidate.txg === all[0]?.txg && best.prediction.verdict === 'importable';
  const judged = whole
    ? null
    : await judgeWith(devices, {
        placeOf: (device) => cutPlace(placeOf, device, original.get(device)),
        waysOut: options.waysOut ?? true,
      });
  const { candidate = null, steps = [] } = judged?.recommendation ?? {};
  return { cuts, best: candidate, steps };
}

/** Of a device that was cut the part that is left. */
function cutPlace(
  placeOf: (device: DeviceSurvey) => ImportPlace | null,
  device: DeviceSurvey,
  whole: DeviceSurvey | undefined,
): ImportPlace | null {
  const place = placeOf(whole ?? device);
  if (place === null || whole === undefined) return place;
  return { ...place, part: { start: place.part?.start ?? 0, size: device.source.size } };
}

const isOwn = (pool: Pool, { labels }: DeviceSurvey, index: number): boolean =>
  labels[index]?.status === 'ok' && labels[index]?.config?.poolGuid === pool.guid;

/** Labels 0 and 1 speak for the pool, and those at the end hold what another one wrote. */
function hasOthersBehind(pool: Pool, device: DeviceSurvey): boolean {
  if (!isOwn(pool, device, 0) && !isOwn(pool, device, 1)) return false;
  return device.labels.some(
    ({ index, ring }) => index >= 2 && (ring?.slots.some(({ state }) => state === 'foreign') ?? false),
  );
}

/** Bytes of the vdev by its label; null where it does not end before the device. */
function impliedEnd(device: DeviceSurvey): number | null {
  const config = decidingConfig(device);
  const size = config === null ? null : impliedSize(config);
  return size === null || size >= device.alignedSize ? null : size;
}

/** The device as it is when it ends where the pool's own labels 2 and 3 stand, at `implied` where none do. */
async function endedAt(
  pool: Pool,
  device: DeviceSurvey,
  implied: number,
  engine: Engine,
  signal: AbortSignal | undefined,
): Promise<DeviceSurvey | null> {
  const options = signal === undefined ? {} : { signal };
  const at = async (size: number) => {
    const source = { ...slice(device.source, 0, size), name: device.source.name };
    return surveyDevice(source, engine, options);
  };
  const first = await at(implied);
  let size = implied;
  for (let next = first; ; next = await at(size)) {
    if (isOwn(pool, next, 2) || isOwn(pool, next, 3)) return next;
    size += LABEL_SIZE;
    if (size >= device.alignedSize || size > implied + NEAR * LABEL_SIZE) break;
  }
  return first;
}
