import type { PoolState } from '../../../format/labelConfig.ts';
import type { LabelStatus } from '../../../pool/survey.ts';

/** What has to be the same in labels that were written together. */
export interface LabelStory {
  readonly pool: string | null;
  readonly state: PoolState;
  readonly written: bigint | null;
}

/** A vdev that labels put at a place among the top-level vdevs. */
export interface PlaceClaim {
  readonly devices: readonly string[];
  /** Its type: `disk`, `mirror`. */
  readonly vdev: string;
  readonly written: bigint | null;
}

/** What findings about labels know. */
export interface LabelValues {
  'label-lost': {
    readonly device: string;
    readonly labels: readonly {
      readonly label: number;
      readonly status: LabelStatus;
      /** Its content is a label. */
      readonly decodes: boolean;
    }[];
    /** What the first of them said that says more than its status; null where none does. */
    readonly why: string | null;
    /** Labels that are sound. */
    readonly left: number;
    /** `passed-over`: a label gives a read error, for which zpool import passes the whole device over. */
    readonly outcome: 'passed-over' | 'not-opened' | 'enough';
  };
  'label-impossible': {
    readonly device: string;
    readonly label: number;
    readonly offset: number;
    readonly ashift: number;
    readonly least: number;
    readonly most: number;
  };
  'large-label': {
    /** Its guid. */
    readonly feature: string;
    readonly devices: readonly string[];
    /** Judged, and refused for it; newest first. */
    readonly txgs: readonly bigint[];
  };
  'labels-disagree':
    | {
        readonly within: 'device';
        readonly device: string;
        readonly stories: readonly (LabelStory & { readonly labels: readonly number[] })[];
      }
    | {
        readonly within: 'vdev';
        /** Id of the top-level vdev. */
        readonly vdev: number | null;
        readonly stories: readonly (LabelStory & { readonly devices: readonly string[] })[];
      };
  'place-claimed-twice': {
    /** Id of the top-level vdev. */
    readonly place: number | null;
    readonly followed: PlaceClaim;
    readonly older: PlaceClaim;
    /** Where the devices that only the followed vdev has are said to lie. */
    readonly paths: readonly string[];
  };
  'device-other-name': {
    readonly devices: readonly string[];
    /** What their labels call the pool, and what it is called. */
    readonly called: string;
    readonly pool: string | null;
    /** Without them every top-level vdev opens. */
    readonly opens: boolean;
  };
  'label-newer-than-uberblock': {
    /** Txg of the newest label, and on which device. */
    readonly written: bigint;
    readonly device: string;
    /** Of the newest uberblock. */
    readonly newest: bigint;
    /** Txgs that are older than that label. */
    readonly older: number;
  };
}
