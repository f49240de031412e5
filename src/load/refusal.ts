import type { Guid, Txg } from '../bytes/units.ts';

/** Why OpenZFS does not open the device that stands at a leaf. */
export type Refusal =
  | { readonly code: 'faulted' | 'offline' | 'label-unreadable' | 'no-sound-label' | 'split-off' | 'label-of-no-vdev' }
  /** Bytes: what the device has, and what the vdev's size asks for. */
  | { readonly code: 'too-short'; readonly size: number; readonly needed: bigint }
  /** The newest label that is on it, of another pool or vdev. */
  | { readonly code: 'newer-label'; readonly pool: string; readonly txg: Txg | null }
  | { readonly code: 'other-pool'; readonly label: Guid | null; readonly pool: Guid }
  | { readonly code: 'other-vdev'; readonly guid: Guid };
