import type { AimValues } from './values/aims.ts';
import type { DeviceValues } from './values/devices.ts';
import type { LabelValues } from './values/labels.ts';
import type { MetadataValues } from './values/metadata.ts';
import type { PlaceValues } from './values/places.ts';
import type { ReadValues } from './values/reads.ts';
import type { RingValues } from './values/rings.ts';
import type { SignatureValues } from './values/signatures.ts';
import type { StateValues } from './values/states.ts';
import type { TimelineValues } from './values/timelines.ts';

/**
 * What each finding knows, by its code. Devices are given by the names of their sources, sizes and offsets in bytes, times
 * in seconds since 1970.
 */
export interface FindingValues
  extends RingValues,
    LabelValues,
    StateValues,
    TimelineValues,
    DeviceValues,
    ReadValues,
    AimValues,
    MetadataValues,
    PlaceValues,
    SignatureValues {}
