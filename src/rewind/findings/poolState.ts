import type { Candidate } from '../../load/candidates.ts';
import { fails } from '../../load/predict.ts';
import { labelRead } from '../../pool/speakingLabel.ts';
import type { Judged } from '../judge.ts';
import { multihostClaim } from '../multihostClaim.ts';
import type { Evidence, Finding } from './finding.ts';

/** State that changes what an import or a rewind means. */
export function poolState({ pool, candidates }: Evidence): Finding[] {
  const newest = candidates.find(({ taken }) => taken)?.uberblock ?? null;
  if (pool.state === 'exported') {
    return [{ code: 'pool-exported', severity: 'info', values: { time: newest?.timestamp ?? null }, devices: [] }];
  }
  if (pool.state === 'destroyed') {
    const unanimous = pool.devices.every((device) => (labelRead(device)?.state ?? 'destroyed') === 'destroyed');
    return [{ code: 'pool-destroyed', severity: 'warning', values: { unanimous }, devices: [] }];
  }
  return [];
}

/** A host that is alive and has the pool open writes to it while it is being rewound: nothing is worse. */
export function multihost({ pool, candidates }: Evidence): Finding[] {
  const newest = candidates.find(({ taken }) => taken);
  const mmp = newest?.uberblock.mmp ?? null;
  if (newest === undefined || mmp === null) return [];
  const heartbeat = newest.heartbeats[0]?.uberblock.timestamp ?? null;
  return [
    {
      code: 'multihost',
      severity: pool.state === 'active' ? 'warning' : 'info',
      values: { seen: 'protection', host: pool.hostname, heartbeat, claim: multihostClaim(pool, mmp) },
      devices: [],
    },
  ];
}

/** A checkpoint that is kept, and uberblocks that are themselves one because the pool was rewound to it. */
export function checkpoint({ candidates, checkpoint: kept }: Evidence): Finding[] {
  const olderHas = kept?.candidate != null;
  const refused = (kept?.refused ?? []).map(
    ({ txg, why }): Finding => ({
      code: 'checkpoint',
      severity: 'warning',
      values: { kind: 'refused', txg, why, olderHas },
      devices: [],
    }),
  );
  const to = candidates.flatMap(({ txg, uberblock: { checkpointTxg } }) =>
    checkpointTxg === 0n ? [] : [{ txg, checkpoint: checkpointTxg }],
  );
  return [
    ...refused,
    ...(kept?.candidate == null ? [] : [keptCheckpoint(kept.candidate, kept.judged)]),
    ...(to.length === 0
      ? []
      : [{ code: 'checkpoint', severity: 'info', values: { kind: 'rewound', to }, devices: [] } as const]),
  ];
}

/** @param judged null when nobody asked for it */
function keptCheckpoint({ uberblock, checkpoint: hold }: Candidate, judged: Judged | null): Finding {
  const lost = judged !== null && fails(judged.prediction);
  return {
    code: 'checkpoint',
    severity: lost ? 'warning' : 'info',
    values: {
      kind: 'kept',
      txg: uberblock.txg,
      time: uberblock.timestamp,
      heldBy: hold?.heldBy ?? null,
      fails: lost ? (judged.prediction.reasons[0] ?? null) : null,
      plain: hold?.plain ?? null,
    },
    devices: [],
  };
}

/** Data is moved in place while a raidz grows: txgs on the other side of a step cannot be gone back to. */
export function raidzExpansion({ pool, candidates }: Evidence): Finding[] {
  const tops = (pool.root?.children ?? []).filter(
    ({ config }) => config.raidzExpanding || config.raidzExpandTxgs.length > 0,
  );
  const newest = candidates.find(({ taken }) => taken)?.uberblock.raidzReflow;
  const refused = candidates.filter(({ uberblock: { raidzReflow } }) => {
    return newest !== undefined && (raidzReflow.offset !== newest.offset || raidzReflow.state !== newest.state);
  });
  const running = tops.some(({ config }) => config.raidzExpanding) || (newest !== undefined && newest.offset !== 0n);
  if (tops.length === 0 && refused.length === 0 && !running) return [];
  const vdevs = tops.map(({ config, children }) => ({
    vdev: `raidz${config.nparity ?? ''}-${config.id ?? '?'}`,
    expanding: config.raidzExpanding,
    disks: children.length,
    txgs: config.raidzExpandTxgs,
  }));
  return [
    {
      code: 'raidz-expansion',
      severity: running ? 'warning' : 'info',
      values: { vdevs, refused: refused.map(({ txg }) => txg) },
      devices: [],
    },
  ];
}
