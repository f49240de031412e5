import type { BlockReader } from '../pool/blockRead.ts';
import type { Pool } from '../pool/pool.ts';
import type { Judged } from '../rewind/judge.ts';
import type { JudgeOptions, PoolJudgement } from '../rewind/judgement.ts';
import { judgePool } from '../rewind/judgePool.ts';

/**
 * Judges every state that the rings of `pool` hold, and gives each as soon as it is judged, the newest first. Whoever
 * stops early ends the judging.
 *
 * @param reader of the pool's blocks; null when there is no tree to read from, then no root block is read
 * @returns all that is known of the pool, ranked
 */
export async function* judgeEach(
  pool: Pool,
  reader: BlockReader | null,
  options: JudgeOptions,
): AsyncGenerator<Judged, PoolJudgement> {
  const ready: Judged[] = [];
  let wake = (): void => {};
  let ended = false;
  const stop = new AbortController();
  const signal = options.signal === undefined ? stop.signal : AbortSignal.any([options.signal, stop.signal]);
  const onCandidate = (judged: Judged): void => {
    options.onCandidate?.(judged);
    ready.push(judged);
    wake();
  };
  const judging = judgePool(pool, reader, { ...options, signal, onCandidate });
  const end = (): void => {
    ended = true;
    wake();
  };
  const over = judging.then(end, end);
  try {
    for (;;) {
      const next = ready.shift();
      if (next !== undefined) yield next;
      else if (ended) return await judging;
      else {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    }
  } finally {
    stop.abort();
    await over;
  }
}
