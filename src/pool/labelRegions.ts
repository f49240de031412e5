import { type EmbeddedChecksum, embeddedTrouble } from '../block/embeddedChecksum.ts';
import { ZfsUberError } from '../bytes/errors.ts';
import { decodeBootEnvironment } from '../format/bootEnvironment.ts';
import { decodeLabelConfig, type LabelConfig } from '../format/labelConfig.ts';
import type { NvList } from '../format/nvlist.ts';
import { decodeNvlist } from '../format/nvlistStream.ts';
import { isZero, type RegionWindow } from './labelWindow.ts';
import type { BootEnvironmentSurvey, LabelStatus } from './survey.ts';

/** The config of a label decoded, whatever its checksum says. */
export interface DecodedConfig {
  readonly empty: boolean;
  /** As far as it decodes; null when no pair does. */
  readonly nvlist: NvList | null;
  readonly config: LabelConfig | null;
  readonly trouble: ZfsUberError | null;
  /** Bytes from the beginning of the region that all of this was decoded from. */
  readonly length: number;
}

/**
 * @param others decoded already: the labels of a device mostly hold the same text, and what it decodes to holds no
 *   places
 */
export function decodeConfigRegion({ bytes, place }: RegionWindow, others: readonly DecodedRegion[]): DecodedConfig {
  if (isZero(bytes)) return { empty: true, nvlist: null, config: null, trouble: null, length: bytes.length };
  for (const { region, decoded } of others) {
    if (decoded.trouble === null && decoded.nvlist !== null && beginAlike(region.bytes, bytes, decoded.length))
      return decoded;
  }
  const { nvlist, trouble, length } = decodeNvlist(bytes, place);
  if (nvlist.pairs.length === 0) return { empty: false, nvlist: null, config: null, trouble, length };
  return { empty: false, nvlist, config: decodeLabelConfig(nvlist), trouble, length };
}

interface DecodedRegion {
  readonly region: RegionWindow;
  readonly decoded: DecodedConfig;
}

/** Whether two regions of one size have the same `length` bytes in front: a label is mostly what its list leaves free. */
function beginAlike(a: Uint8Array, b: Uint8Array, length: number): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < length; i++) if (a[i] !== b[i]) return false;
  return true;
}

interface Standing {
  readonly status: LabelStatus;
  readonly trouble: ZfsUberError | null;
}

/**
 * What a region is: first what could not be had, then the checksum, and the content only where that holds: a damaged
 * region that does not decode is damaged, not malformed.
 */
export function standing(
  region: RegionWindow,
  empty: boolean,
  check: EmbeddedChecksum | null,
  malformed: ZfsUberError | null,
): Standing {
  if (region.cut !== null) return { status: 'absent', trouble: region.cut };
  if (region.unreadable !== null) return { status: 'unreadable', trouble: region.unreadable };
  if (empty || check === null) return { status: 'empty', trouble: null };
  const bad = embeddedTrouble(check, region.place, region.bytes.length);
  if (bad !== null) return { status: 'bad-checksum', trouble: bad };
  return malformed === null ? { status: 'ok', trouble: null } : { status: 'malformed', trouble: malformed };
}

export function surveyBootEnvironment(region: RegionWindow, check: EmbeddedChecksum | null): BootEnvironmentSurvey {
  if (region.cut !== null || check === null) return { ...standing(region, true, null, null), kind: null };
  try {
    const { kind } = decodeBootEnvironment(region.bytes, region.place);
    return { ...standing(region, false, check, null), kind };
  } catch (error) {
    if (!(error instanceof ZfsUberError)) throw error;
    return { ...standing(region, false, check, error), kind: null };
  }
}
