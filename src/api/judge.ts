import type { Engine } from '../block/engine.ts';
import { openBlockReader } from '../pool/blockReader.ts';
import type { Judged } from '../rewind/judge.ts';
import type { Depth, JudgeOptions, PoolJudgement } from '../rewind/judgement.ts';
import { chooseEngine } from './host.ts';
import { importPlaces } from './importPlace.ts';
import { judgeEach } from './judgeEach.ts';
import type { OpenedPool } from './openPool.ts';

export interface JudgeChoice
  extends Pick<JudgeOptions, 'minTxg' | 'maxTxg' | 'aim' | 'signal' | 'onProgress' | 'onShare' | 'onCandidate'> {
  /** How far each txg is checked. Default: `meta`. */
  readonly depth?: Depth;
  readonly engine?: Engine;
}

/**
 * The verdicts on every txg of an opened pool, each as soon as it is there, the newest first: what `zpool import -T`
 * would answer. Stopping early, by `break` or `signal`, ends the reading.
 *
 * @returns the ranked judgement of the whole pool
 */
export function judge(opened: OpenedPool, choice: JudgeChoice = {}): AsyncGenerator<Judged, PoolJudgement> {
  const { depth = 'meta', engine = chooseEngine(), ...rest } = choice;
  const { pool, members } = opened;
  const { root } = pool;
  const byMember = importPlaces(members);
  const places = new Map(members.map((member) => [member.source, byMember.get(member) ?? null]));
  return judgeEach(pool, root === null || depth === 'labels' ? null : openBlockReader(root, { engine }), {
    ...rest,
    depth,
    blocks: { engine, open: (tree, more) => openBlockReader(tree, { engine, ...more }) },
    placeOf: ({ source }) => places.get(source) ?? null,
  });
}
