import type { DeviceSurvey } from '../pool/survey.ts';

/**
 * Whether a label config or a slot of the device verifies at its place. The place goes into the checksum, so that one
 * is enough to know that the vdev begins where the source does.
 *
 * Source: module/zfs/zio_checksum.c, zio_checksum_label_verifier
 */
export const isSettled = ({ labels }: DeviceSurvey): boolean =>
  labels.some(
    ({ status, ring }) =>
      status === 'ok' || status === 'malformed' || (ring?.slots.some(({ state }) => SEALED.has(state)) ?? false),
  );

const SEALED: ReadonlySet<string> = new Set(['valid', 'mmp', 'foreign']);
