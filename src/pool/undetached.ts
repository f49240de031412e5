import { asTxg, type Txg } from '../bytes/units.ts';
import type { LabelConfig } from '../format/labelConfig.ts';
import type { Uberblock } from '../format/uberblock.ts';
import type { DeviceSurvey, LabelSurvey } from './survey.ts';

/**
 * The uberblock that a detached, replaced or removed device keeps: its labels are written anew with txg 0, its ring is
 * emptied, and the first slot gets the pool's uberblock of that moment with txg 0. A device that was being added has the
 * same; a spare or a cache says by its state what it is.
 *
 * @returns null for any other device
 * Source: module/zfs/vdev_label.c, vdev_label_init
 */
export function keptUberblock({ config, labels }: DeviceSurvey): Uberblock | null {
  if (config === null || config.txg !== 0n || config.role !== 'uninitialised' || config.createTxg === null) return null;
  for (const { status, ring } of labels) {
    const [slot] = ring?.slots ?? [];
    if (status !== 'ok' || slot?.state !== 'template' || slot.uberblock === null) continue;
    if (!slot.uberblock.rootbp.hole && slot.uberblock.rootbp.birth > 0n) return slot.uberblock;
  }
  return null;
}

/** The txg that it was of. */
export const keptTxg = ({ rootbp }: Uberblock): Txg => asTxg(rootbp.birth);

/**
 * What `zhack label repair -u` makes of such a device: its labels and the uberblock in the first slot get the txg at
 * which the root block was written.
 *
 * Source: cmd/zhack.c, zhack_repair_undetach
 */
export function undetached(device: DeviceSurvey, uberblock: Uberblock): DeviceSurvey {
  const txg = keptTxg(uberblock);
  const config = (of: LabelConfig): LabelConfig => ({ ...of, txg, role: of.vdevTree?.isLog ? 'log' : 'member' });
  const label = (of: LabelSurvey): LabelSurvey => {
    if (of.status !== 'ok' || of.config === null || of.config.txg !== 0n) return of;
    const slots = of.ring?.slots.map((slot, index) =>
      index === 0 && slot.state === 'template' && slot.uberblock !== null
        ? { ...slot, state: 'valid' as const, uberblock: { ...slot.uberblock, txg } }
        : slot,
    );
    return { ...of, config: config(of.config), ring: of.ring && { ...of.ring, slots: slots ?? [] } };
  };
  return { ...device, config: device.config && config(device.config), labels: device.labels.map(label) };
}
