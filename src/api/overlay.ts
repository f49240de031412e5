import { StoppedError, UsageError } from '../bytes/errors.ts';
import { unlessStopped } from '../bytes/stopping.ts';
import { sourceHandles } from '../document/handles.ts';
import {
  buildOverlayDocument,
  isUsable,
  type OverlayDeviceEntry,
  type OverlayDocument,
  type OverlayForm,
  SCRIPT,
} from '../document/overlayDocument.ts';
import { importScript, type ScriptDevice } from '../document/shell/importScript.ts';
import { NewFolder } from '../node/newFolder.ts';
import type { OpenedSource } from '../node/openedSource.ts';
import { refuseOnOpened } from '../node/outputIs.ts';
import { openBlockReader } from '../pool/blockReader.ts';
import { nameWords } from '../rewind/commands.ts';
import type { ImportPlace } from '../rewind/importPlace.ts';
import type { OverlayBlocks } from '../rewind/overlay/chosenUberblock.ts';
import type { OverlayDevice, OverlayPlan } from '../rewind/overlay/plan.ts';
import type { OverlayPrediction } from '../rewind/overlay/predictOverlay.ts';
import { type OverlayExtent, vdevExtent, wholeDiskExtent } from '../rewind/overlay/wholeDisk.ts';
import { importPlaces } from './importPlace.ts';
import { oneTxgHead } from './oneTxgHead.ts';
import { askedPool, type OpenedPool, type OpenedPools, type OpenPoolOptions } from './openPool.ts';
import { chooseOverlay, type OverlayWish } from './overlayChoice.ts';
import { isPlain } from './plainSource.ts';
import { type Sources, withPools } from './session.ts';
import { describeLaying, type Laying, writeLaying } from './writeOverlay.ts';

export interface OverlayOptions extends OverlayWish, OpenPoolOptions {
  /** Folder to make. Null or absent: nothing is written, and the document says what would be. */
  readonly output?: string | null | undefined;
  /** Default: `qcow2`. */
  readonly as?: OverlayForm | undefined;
  /**
   * Overlays of whole disks, with a partition table, where a vdev is a part of a disk whose own table is damaged or lost.
   * `512` and `4096` say how many bytes a sector of a disk has that does not say so itself. Default: `no`.
   */
  readonly restoreGpt?: 'no' | 'auto' | '512' | '4096' | undefined;
}

/**
 * Makes for each device of a pool an overlay that holds some patched sectors, so that `zpool import` without any option
 * loads one txg from them. The devices are only read, and what is written later goes into the overlays.
 *
 * @param sources paths, or what `openPools` has opened
 * @returns the document of `overlay --json`: `refusal` says why nothing was made; `pool` is null when there is none
 *   when `signal` is aborted it is `stopped`, and nothing was made
 * @throws NoSuchTxgError, a UsageError, when the rings do not hold that txg; UsageError when an option makes no sense, a
 *   device cannot have such an overlay, or `output` is there already or on a source; OutputError when it cannot be written
 */
export async function overlay(sources: Sources, options: OverlayOptions = {}): Promise<OverlayDocument> {
  return withPools(sources, options, async (opened) => {
    const one = askedPool(opened, options.pool ?? null, options.signal);
    return unlessStopped(
      options.signal,
      () => overlayOf(opened, one, options),
      () => {
        const head = oneTxgHead(opened, one, null, new StoppedError());
        return buildOverlayDocument(head, { ...NOTHING, as: options.as ?? 'qcow2', stopped: true });
      },
    );
  });
}

const NOTHING = { plan: null, prediction: null, devices: [], output: null, stopped: false } as const;

async function overlayOf(
  opened: OpenedPools,
  one: OpenedPool | null,
  options: OverlayOptions,
): Promise<OverlayDocument> {
  const { as = 'qcow2', output = null, signal } = options;
  if (output !== null) {
    refuseOnOpened(
      output,
      opened.sources.map((source) => source.opened),
    );
  }
  const engine = options.engine ?? opened.engine;
  const blocks: OverlayBlocks = { engine, open: (root, more) => openBlockReader(root, { engine, ...more }) };
  const chosen = one === null ? null : await chooseOverlay(opened, one, blocks, options);
  const head = () => oneTxgHead(opened, one, chosen?.plan.candidate ?? null, null);
  if (one === null || chosen === null) return buildOverlayDocument(head(), { ...NOTHING, as });
  const { plan, extents } = await withTables(opened, chosen.plan, options);
  const prediction = plan.refusal === null ? chosen.prediction : null;
  const layings = layingsOf(opened, plan, extents, as);
  const usable = plan.refusal === null && prediction !== null && isUsable(prediction.answer);
  if (output === null || !usable) {
    const devices: OverlayDeviceEntry[] = [];
    for (const each of layings) devices.push(await describeLaying(each, signal));
    return buildOverlayDocument(head(), { ...NOTHING, as, plan, prediction, devices });
  }
  const folder = await NewFolder.begin(output);
  try {
    const devices: OverlayDeviceEntry[] = [];
    const script: ScriptDevice[] = [];
    for (const each of layings) {
      const { entry, carrier } = await writeLaying(folder, each, signal);
      devices.push(entry);
      script.push({ name: each.name, carrier });
    }
    await folder.write(SCRIPT, [textPiece(importScript(scriptFacts(plan, prediction, script, options)))], {
      executable: true,
    });
    const facts = { as, plan, prediction, devices, output: folder.path, stopped: false };
    const document = buildOverlayDocument(head(), facts);
    signal?.throwIfAborted();
    // Last: without it nobody takes the folder for whole.
    await folder.write('manifest.json', [textPiece(`${JSON.stringify(document, null, 2)}\n`)]);
    await folder.finish();
    return document;
  } catch (error) {
    await folder.discard();
    throw error;
  }
}

const textPiece = (text: string) => ({ offset: 0, bytes: new TextEncoder().encode(text) });

/** Overlays of whole disks. */
type Extents = ReadonlyMap<OverlayDevice, OverlayExtent>;

/**
 * The plan, refused where a table that was asked for cannot be written.
 *
 * @throws UsageError where no table is lost
 */
async function withTables(
  { sources }: OpenedPools,
  plan: OverlayPlan,
  { restoreGpt = 'no', signal }: OverlayOptions,
): Promise<{ readonly plan: OverlayPlan; readonly extents: Extents }> {
  const extents = new Map<OverlayDevice, OverlayExtent>();
  if (restoreGpt === 'no' || plan.refusal !== null) return { plan, extents };
  const openedOf = (device: OverlayDevice) =>
    sources.find(({ opened }) => opened.source === device.device.source)?.opened ?? null;
  const disks = plan.devices.map((device) => openedOf(device)?.disk?.id ?? null);
  for (const device of plan.devices) {
    const opened = openedOf(device);
    const disk = opened?.disk ?? null;
    // At byte 0 no partition begins, and another table than a GPT is none to restore.
    if (opened === null || disk === null || opened.offset === 0) continue;
    if (opened.partition !== null && opened.partition.kind !== 'gpt') continue;
    const shared = disks.filter((id) => id === disk.id).length > 1;
    const sectorSize = disk.sectorSize ?? (restoreGpt === 'auto' ? null : Number(restoreGpt));
    const vdev = { start: opened.offset, size: opened.size };
    const extent = await wholeDiskExtent(
      device,
      { source: disk.source, sectorSize, vdev, shared },
      plan.poolGuid,
      signal,
    );
    if (typeof extent === 'string') {
      const refusal = { code: 'gpt-not-restored', device: device.device, why: extent } as const;
      return { plan: { ...plan, refusal }, extents: new Map() };
    }
    if (extent !== null) extents.set(device, extent);
  }
  if (extents.size === 0) throw new UsageError('restore-gpt: no device of the pool is on a disk that lost its table');
  return { plan, extents };
}

function layingsOf(opened: OpenedPools, plan: OverlayPlan, extents: Extents, form: OverlayForm): Laying[] {
  const all = opened.sources.map((source) => source.opened);
  const places = importPlaces(all);
  const handles = sourceHandles(all.map(({ path }) => path));
  return plan.devices.flatMap((device) => {
    const index = opened.sources.findIndex(({ opened: { source } }) => source === device.device.source);
    const [source, name] = [opened.sources[index], handles[index]];
    const place = source === undefined ? undefined : places.get(source.opened);
    if (source === undefined || place === undefined || name === undefined) return [];
    const { path } = source.opened;
    if (place === null) throw new UsageError(`${path}: the system has no such file or device to lay an overlay over`);
    const plain = isPlain(source.opened) && place.image === null;
    const whole = extents.get(device);
    if (whole === undefined) return [{ name, source: index, device, extent: vdevExtent(device), place, plain, form }];
    const ofDisk = placeOfDisk(source.opened, whole) ?? place;
    return [{ name, source: index, device, extent: whole, place: ofDisk, plain, form }];
  });
}

/** Where the disk lies that `opened` is a part of: the system may have a device for that part. */
function placeOfDisk(opened: OpenedSource, { source }: OverlayExtent): ImportPlace | null {
  const disk = { ...opened, partition: null, shift: null, offset: 0, size: source.size };
  return importPlaces([disk]).get(disk) ?? null;
}

function scriptFacts(
  { candidate, devices }: OverlayPlan,
  { pool, shown, logMissing, answer }: OverlayPrediction,
  script: readonly ScriptDevice[],
  { keepState = false }: OverlayOptions,
) {
  const given = devices.map(({ device }) => ({ path: device.source.name, device: shown.get(device) ?? device }));
  const words = pool === null ? [] : nameWords(pool, given, false);
  const destroyed = keepState && pool?.state === 'destroyed';
  return {
    txg: candidate.txg.toString(),
    words,
    pool: words.at(-1) ?? '',
    devices: script,
    options: [...(keepState ? ['-f'] : []), ...(destroyed ? ['-D'] : []), ...(logMissing ? ['-m'] : [])],
    writes: answer === 'loads' || answer === 'unknown',
  };
}
