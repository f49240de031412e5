import { type EmbeddedChecksum, type EmbeddedUnit, labelVerifier, verifyEmbedded } from '../block/embeddedChecksum.ts';
import type { Engine } from '../block/engine.ts';
import { LABEL_REGIONS } from '../format/label.layout.ts';
import { alignedSize, slotSizeOf } from '../format/label.ts';
import type { LabelConfig } from '../format/labelConfig.ts';
import type { ByteSource } from '../source/source.ts';
import { decidingConfig } from './deviceOrder.ts';
import { type DecodedConfig, decodeConfigRegion, standing, surveyBootEnvironment } from './labelRegions.ts';
import {
  isZero,
  type LabelMemory,
  type LabelWindow,
  type RegionWindow,
  readLabelWindows,
  regionOf,
  withLabelMemory,
} from './labelWindow.ts';
import { markMixedWrites } from './mixedWrites.ts';
import { guidSumByLabel, markForeignLabels } from './ringForeign.ts';
import {
  assumeSlotSize,
  cutRing,
  inferSlots,
  type RawSlot,
  slotUnits,
  takeChecks,
  verifiedSlots,
} from './ringSlots.ts';
import { judgeSlots } from './ringStates.ts';
import type { DeviceSurvey, LabelSurvey, ReadSum, RingSurvey } from './survey.ts';
import { UberblockReader } from './uberblockReader.ts';

export interface SurveyOptions {
  readonly signal?: AbortSignal | undefined;
  /** Also reads and judges the boot environment block of each label. */
  readonly bootEnvironments?: boolean | undefined;
  /** Also sums up what is read of each label. */
  readonly sums?: boolean | undefined;
}

/** A label between reading and judging. */
interface Draft {
  readonly window: LabelWindow;
  readonly region: RegionWindow;
  readonly decoded: DecodedConfig;
  /** Null where it was not asked for. */
  readonly bootRegion: RegionWindow | null;
  configCheck: EmbeddedChecksum | null;
  bootCheck: EmbeddedChecksum | null;
  ring: { slotSize: number; from: RingSurvey['slotSizeFrom']; slots: RawSlot[] } | null;
}

/**
 * Reads config and ring of the four labels of a device, less than 1 MiB and each byte once, and says what every region and every slot is.
 * Damage of any kind is part of the answer. The answer holds no view of what was read.
 *
 * @throws nothing that is about the bytes of the source
 */
export function surveyDevice(source: ByteSource, engine: Engine, options: SurveyOptions = {}): Promise<DeviceSurvey> {
  return withLabelMemory((memory) => surveyWithin(memory, source, engine, options));
}

async function surveyWithin(
  memory: LabelMemory,
  source: ByteSource,
  engine: Engine,
  options: SurveyOptions,
): Promise<DeviceSurvey> {
  const { signal, bootEnvironments = false, sums = false } = options;
  const windows = await readLabelWindows(source, { signal, spare: memory, bootEnvironments });
  // While the rest is judged, where the engine has threads.
  const summing = sums ? sumsOf(windows, engine) : null;
  const drafts: Draft[] = [];
  for (const window of windows) drafts.push(draft(window, drafts, bootEnvironments));
  for (const each of drafts) {
    const slotSize = slotSizeFromLabels(drafts, each, false);
    if (slotSize !== null) each.ring = { slotSize, from: 'label', slots: cutRing(each.window, slotSize) };
  }
  await verifyDrafts(drafts, engine);
  for (const each of drafts) await settleRing(drafts, each, engine);
  await markMixedWrites(
    drafts.map(({ ring }) => ring?.slots ?? []),
    engine,
  );
  const reader = new UberblockReader();
  const read = await summing;
  const labels = markForeignLabels(drafts.map((each, at) => ({ ...survey(each, reader), sum: read?.[at] ?? null })));
  return {
    source,
    alignedSize: alignedSize(source.size),
    labels,
    config: mostTrusted(labels),
    shift: null,
    hidden: null,
    signed: null,
  };
}

/** What was read of each label; null where some of it could not be. */
async function sumsOf(windows: readonly LabelWindow[], engine: Engine): Promise<(ReadSum | null)[]> {
  const { offset } = LABEL_REGIONS.config;
  return Promise.all(
    windows.map(async ({ place, bytes, unreadable }) => {
      const length = bytes.length - offset;
      if (length <= 0 || unreadable.length > 0) return null;
      const [a = 0n, b = 0n, c = 0n, d = 0n] = await engine.checksumMany('sha256', bytes, [{ offset, length }], false);
      return { offset: place.offset + offset, length, sha256: [a, b, c, d] };
    }),
  );
}

function draft(window: LabelWindow, others: readonly Draft[], boots: boolean): Draft {
  const { config, bootEnvironment } = LABEL_REGIONS;
  const region = regionOf(window, 'config', config.offset, config.size);
  return {
    window,
    region,
    decoded: decodeConfigRegion(region, others),
    bootRegion: boots ? regionOf(window, 'boot environment', bootEnvironment.offset, bootEnvironment.size) : null,
    configCheck: null,
    bootCheck: null,
    ring: null,
  };
}

/** Slot size by the label's own config, else by another label's; with `sound` only by configs whose checksum holds. */
function slotSizeFromLabels(drafts: readonly Draft[], own: Draft, sound: boolean): number | null {
  for (const { decoded, configCheck } of [own, ...drafts]) {
    if (sound && configCheck?.state !== 'good') continue;
    const slotSize = slotSizeOf(decoded.config?.vdevTree?.ashift ?? null);
    if (slotSize !== null) return slotSize;
  }
  return null;
}

/** All regions and slots of the device in one batch. */
async function verifyDrafts(drafts: readonly Draft[], engine: Engine): Promise<void> {
  const units: EmbeddedUnit[] = [];
  const wanted = (region: RegionWindow) => region.cut === null && !isZero(region.bytes);
  const unit = ({ bytes, place }: RegionWindow) => ({ bytes, verifier: labelVerifier(place.offset) });
  for (const { region, bootRegion, ring } of drafts) {
    if (wanted(region)) units.push(unit(region));
    if (bootRegion !== null && wanted(bootRegion)) units.push(unit(bootRegion));
    if (ring !== null) units.push(...slotUnits(ring.slots));
  }
  const checks = (await verifyEmbedded(engine, units)).values();
  for (const each of drafts) {
    if (wanted(each.region)) each.configCheck = checks.next().value ?? null;
    if (each.bootRegion !== null && wanted(each.bootRegion)) each.bootCheck = checks.next().value ?? null;
    if (each.ring !== null) takeChecks(each.ring.slots, checks);
  }
}

/** Looks again at a ring that was cut by a label whose checksum fails, by none, or so that nothing verifies. */
async function settleRing(drafts: readonly Draft[], own: Draft, engine: Engine): Promise<void> {
  if (own.window.bytes.length <= LABEL_REGIONS.ring.offset) {
    own.ring = null;
    return;
  }
  if (own.ring !== null && verifiedSlots(own.ring.slots) > 0) return;
  const inferred = await inferSlots(own.window, engine);
  if (inferred !== null) {
    const from = inferred.slotSize === slotSizeFromLabels(drafts, own, true) ? 'label' : 'inferred';
    own.ring = { ...inferred, from };
    return;
  }
  const sound = slotSizeFromLabels(drafts, own, true);
  if (own.ring !== null && (sound === null || sound === own.ring.slotSize)) return;
  const slotSize = sound ?? assumeSlotSize(own.window);
  const slots = cutRing(own.window, slotSize);
  takeChecks(slots, (await verifyEmbedded(engine, slotUnits(slots))).values());
  own.ring = { slotSize, from: sound === null ? 'assumed' : 'label', slots };
}

function survey(
  { window, region, decoded, configCheck, bootRegion, bootCheck, ring }: Draft,
  reader: UberblockReader,
): Omit<LabelSurvey, 'sum'> {
  const { status, trouble } = standing(region, decoded.empty, configCheck, decoded.trouble);
  const guidSum = status === 'ok' && decoded.config !== null ? guidSumByLabel(decoded.config) : null;
  return {
    index: window.index,
    offset: window.place.offset,
    status,
    trouble,
    nvlist: decoded.nvlist,
    config: decoded.config,
    bootEnvironment: bootRegion === null ? null : surveyBootEnvironment(bootRegion, bootCheck),
    ring:
      ring === null
        ? null
        : {
            slotSize: ring.slotSize,
            slotSizeFrom: ring.from,
            slots: judgeSlots(window, ring.slots, ring.slotSize, guidSum, reader),
          },
  };
}

function mostTrusted(labels: readonly LabelSurvey[]): LabelConfig | null {
  const pool = decidingConfig({ labels })?.poolGuid ?? null;
  let best: { config: LabelConfig; sound: boolean; txg: bigint } | null = null;
  for (const { config, status } of labels) {
    // A fragment that names neither pool nor vdev says nothing of the device.
    if (config === null || (config.poolGuid === null && config.guid === null)) continue;
    if (pool !== null && config.poolGuid !== null && config.poolGuid !== pool) continue;
    const next = { config, sound: status === 'ok', txg: config.txg ?? -1n };
    const better = best === null || (next.sound === best.sound ? next.txg > best.txg : next.sound);
    if (better) best = next;
  }
  return best?.config ?? null;
}
