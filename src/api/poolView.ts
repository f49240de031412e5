import { StoppedError, UsageError, ZfsUberError } from '../bytes/errors.ts';
import { unlessStopped } from '../bytes/stopping.ts';
import type { Txg } from '../bytes/units.ts';
import type { PoolAt } from '../dataset/poolAt.ts';
import type { ViewHead } from '../document/viewHead.ts';
import { oneTxgHead } from './oneTxgHead.ts';
import { askedPool, type OpenedPool, type OpenedPools, type OpenPoolOptions } from './openPool.ts';

/** Which pool, at which txg. */
export interface ViewOptions extends OpenPoolOptions {
  /** Null or absent for the newest that opens. */
  readonly txg?: bigint | null | undefined;
}

/** One pool at one txg, for a document about it. */
export interface AskedView {
  /** Null when there is none. */
  readonly pool: OpenedPool | null;
  /** Null when there is no pool, or it does not open: `head` says why. */
  readonly view: PoolAt | null;
  /** What the document begins with. It says what could not be read of the sources up to the call. */
  readonly head: () => ViewHead;
}

/**
 * Opens the pool and the txg that a document is about.
 *
 * @throws UsageError when the pool or txg that was asked for does not exist
 */
export async function askView(opened: OpenedPools, options: ViewOptions): Promise<AskedView> {
  const { txg = null, signal } = options;
  const pool = askedPool(opened, options.pool ?? null, signal);
  const passedOver: { txg: Txg; trouble: ZfsUberError }[] = [];
  const troubles: ZfsUberError[] = [];
  let view: PoolAt | null = null;
  let error: ZfsUberError | null = null;
  try {
    view = await unlessStopped(
      signal,
      async () =>
        (await pool?.at(txg, {
          signal,
          onPassedOver: (each, trouble) => void passedOver.push({ txg: each, trouble }),
          onTrouble: (trouble) => void troubles.push(trouble),
        })) ?? null,
      () => {
        error = new StoppedError();
        return null;
      },
    );
  } catch (caught) {
    if (!(caught instanceof ZfsUberError) || caught instanceof UsageError) throw caught;
    error = caught;
  }
  const why = error ?? troubles[0] ?? null;
  const head = (): ViewHead => oneTxgHead(opened, pool, view, why, passedOver);
  return { pool, view, head };
}
