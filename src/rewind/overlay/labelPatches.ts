import { trailerByteOrder } from '../../block/embeddedChecksum.ts';
import type { Engine } from '../../block/engine.ts';
import { sealUnit } from '../../block/sealUnit.ts';
import { FormatError } from '../../bytes/errors.ts';
import type { Txg } from '../../bytes/units.ts';
import { orNull } from '../../dataset/orNull.ts';
import { LABEL_REGIONS, TRAILER } from '../../format/label.layout.ts';
import type { LabelConfig } from '../../format/labelConfig.ts';
import type { NvList } from '../../format/nvlist.ts';
import { encodeXdrNvlist } from '../../format/nvlistEncode.ts';
import { numberOf } from '../../format/nvlistFields.ts';
import { placesOfUint64 } from '../../format/nvlistPlace.ts';
import type { DeviceSurvey, LabelSurvey } from '../../pool/survey.ts';
import { describesTheSame } from './labelText.ts';
import type { Patch, PatchWhy } from './plan.ts';

const { config: CONFIG } = LABEL_REGIONS;

/** What the labels of a leaf have to say. */
export interface WantedLabel {
  /** As OpenZFS would have written it at the txg. */
  readonly nvlist: NvList;
  readonly txg: Txg;
  /** Number of the pool's state; null to leave it as it is. */
  readonly state: bigint | null;
  /** Of the pool's writer, for a device of which no label is sound. */
  readonly littleEndian: boolean;
  readonly engine: Engine;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Patches after which all four labels of a device are sound and hold one text: that of its own which describes the leaf
 * as it was at the txg, with a txg and a state that a plain import of that txg takes, else one that is made.
 *
 * Labels are read as zpool reads them: the first that decodes decides, so one that was forgotten would.
 *
 * @throws FormatError, UnsupportedError for a text that cannot be written; what encodeXdrNvlist throws
 * Source: lib/libzutil/zutil_import.c, zpool_read_label; module/zfs/vdev.c, vdev_validate
 */
export async function labelPatches(device: DeviceSurvey, wanted: WantedLabel): Promise<Patch[]> {
  const there = device.labels.filter(({ status }) => status !== 'absent');
  const texts = new Map<LabelSurvey, Uint8Array>();
  for (const label of there) {
    const bytes = await orNull(() => device.source.read(label.offset + CONFIG.offset, CONFIG.size, wanted.signal));
    if (bytes !== null) texts.set(label, bytes);
  }
  const own = bestText(there, texts, wanted);
  const { bytes: text, littleEndian } = own ?? made(device, texts, wanted);
  const patches: Patch[] = [];
  for (const label of there) {
    const offset = label.offset + CONFIG.offset;
    const before = texts.get(label);
    if (before !== undefined && label.status === 'ok' && sameText(before, text)) continue;
    const bytes = text.slice();
    sealUnit(bytes, offset, littleEndian, wanted.engine);
    patches.push({ offset, bytes, why: own === null ? 'label-made' : whyOf(label, wanted) });
  }
  return patches;
}

const whyOf = (label: LabelSurvey, wanted: WantedLabel): PatchWhy =>
  fits(label, wanted) ? 'label-lowered' : 'label-restored';

/** It is sound, and of a synced pool made up as the one that is wanted. */
function fits({ status, config }: LabelSurvey, { nvlist }: WantedLabel): boolean {
  if (status !== 'ok' || !config?.txg) return false;
  return isOfPool(config) && describesTheSame(config.nvlist, nvlist);
}

/** Spares and caches have other labels, and a device that was split off says so in its. */
const isOfPool = ({ role }: LabelConfig): boolean => role === 'member' || role === 'log';

interface Text {
  /** A whole config region; its trailer is still to be made. */
  readonly bytes: Uint8Array;
  readonly littleEndian: boolean;
}

/** Of the labels that fit, the newest that the txg takes as it is, else the oldest; null where none fits. */
function bestText(
  labels: readonly LabelSurvey[],
  texts: ReadonlyMap<LabelSurvey, Uint8Array>,
  wanted: WantedLabel,
): Text | null {
  let best: { readonly txg: bigint; readonly bytes: Uint8Array } | null = null;
  for (const label of labels) {
    const bytes = texts.get(label);
    const txg = label.config?.txg ?? null;
    if (bytes === undefined || txg === null || !fits(label, wanted)) continue;
    const low = txg <= wanted.txg;
    const better = best === null || (best.txg <= wanted.txg ? low && txg > best.txg : low || txg < best.txg);
    if (better) best = { txg, bytes };
  }
  if (best === null) return null;
  const bytes = best.bytes.slice();
  const place = { source: 'label', offset: 0, path: ['config'] };
  const view = new DataView(bytes.buffer);
  const places = placesOfUint64(bytes, ['txg', 'state'], place);
  const put = (name: string, value: bigint): void => {
    const at = places.get(name);
    if (at === undefined) throw new FormatError('format-value', 'label', `a pair ${name}`, 'none', place);
    view.setBigUint64(at, value);
  };
  if (best.txg > wanted.txg) put('txg', wanted.txg);
  else put('txg', best.txg);
  if (wanted.state !== null) put('state', wanted.state);
  return { bytes, littleEndian: trailerByteOrder(bytes) !== 'big' };
}

/** A text that none of the device's labels has. */
function made(
  { labels }: DeviceSurvey,
  texts: ReadonlyMap<LabelSurvey, Uint8Array>,
  { nvlist, state, littleEndian: poolIsLittle }: WantedLabel,
): Text {
  const sound = labels.find(({ status }) => status === 'ok');
  const order = sound === undefined ? null : trailerByteOrder(texts.get(sound) ?? new Uint8Array(0));
  const littleEndian = order === null ? poolIsLittle : order === 'little';
  const kept = state ?? BigInt(sound === undefined ? 0 : (numberOf(sound.nvlist ?? { pairs: [] }, 'state') ?? 0));
  const pairs = nvlist.pairs.map((pair) => (pair.name === 'state' ? { ...pair, value: kept } : pair));
  const packed = encodeXdrNvlist({ pairs }, littleEndian);
  const room = CONFIG.size - TRAILER.size;
  if (packed.length > room) {
    const place = { source: 'label', offset: 0, path: ['config'] };
    throw new FormatError('format-bounds', 'label', `at most ${room} bytes`, `${packed.length} bytes`, place);
  }
  const bytes = new Uint8Array(CONFIG.size);
  bytes.set(packed);
  return { bytes, littleEndian };
}

/** Up to the trailers, which differ with the place. */
const sameText = (a: Uint8Array, b: Uint8Array): boolean => {
  const end = CONFIG.size - TRAILER.size;
  for (let i = 0; i < end; i++) if (a[i] !== b[i]) return false;
  return true;
};
