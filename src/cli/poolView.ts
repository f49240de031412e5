import { describeOpened } from '../api/describeOpened.ts';
import type { OpenedPool, OpenedPools } from '../api/openPool.ts';
import { UsageError, ZfsUberError } from '../bytes/errors.ts';
import type { PoolAt } from '../dataset/poolAt.ts';
import { type ViewFacts, type ViewHead, viewHead } from '../document/viewHead.ts';
import type { Request } from './command.ts';
import type { POOL_OPTIONS } from './commandOptions.ts';
import { EXIT } from './exitStatus.ts';
import type { Library } from './library.ts';
import { progressLine } from './progressLine.ts';
import type { Terminal } from './terminal.ts';

/** One pool at one txg, for a command that looks into it. */
export interface AskedView {
  readonly head: ViewHead;
  /** Null when there is no pool, or it does not open: `head` says why. */
  readonly view: PoolAt | null;
  readonly pool: OpenedPool | null;
  /** Something could not be read, and the answer says what: the exit status becomes 3. */
  readonly incomplete: () => void;
}

/**
 * Opens the pool and the txg that a command is asked about and lets `answer` print what is there, also when nothing is.
 *
 * @returns the exit status
 * @throws UsageError when the pool or txg that was asked for does not exist, and when stdout is one of the sources
 */
export async function withPoolView(
  { sources, values }: Request<typeof POOL_OPTIONS>,
  terminal: Terminal,
  library: Library,
  answer: (asked: AskedView) => Promise<void>,
): Promise<number> {
  const progress = progressLine(terminal, { asked: values.progress, quiet: values.quiet });
  const opened = await library.openPools(sources, { progress: progress.show }).finally(progress.end);
  try {
    for (const { opened: source } of opened.sources) {
      if (terminal.outIs(source.path)) throw new UsageError(`stdout is ${source.path}: it would be overwritten`);
    }
    const { passedOver: _, ...tool } = await library.tool();
    const pool = opened.pools.length === 0 && values.pool === null ? null : opened.pool(values.pool);
    const passedOver: { txg: ViewFacts['passedOver'][number]['txg']; trouble: ZfsUberError }[] = [];
    let [view, error, whole]: [PoolAt | null, ZfsUberError | null, boolean] = [null, null, true];
    const troubles: ZfsUberError[] = [];
    try {
      view =
        (await pool?.at(values.txg, {
          onPassedOver: (txg, trouble) => passedOver.push({ txg, trouble }),
          onTrouble: (trouble) => troubles.push(trouble),
        })) ?? null;
    } catch (caught) {
      if (!(caught instanceof ZfsUberError) || caught instanceof UsageError) throw caught;
      error = caught;
    }
    if (troubles.length > 0 || error !== null) whole = false;
    const described = opened.sources.map((source) => describeOpened(source.opened));
    const head = viewHead({
      tool,
      sources: described,
      pool: pool?.pool ?? null,
      ringTxgs: pool?.txgs ?? [],
      uberblock: view?.uberblock ?? null,
      passedOver,
      error: error ?? troubles[0] ?? null,
    });
    const incomplete = () => {
      whole = false;
    };
    await answer({ head, view, pool, incomplete });
    return statusOf(opened, pool !== null, whole);
  } finally {
    await opened.close();
  }
}

function statusOf({ sources }: OpenedPools, found: boolean, whole: boolean): number {
  const unread = sources.some(
    ({ opened, survey }) => opened.error !== null || survey?.labels.some(({ status }) => status === 'unreadable'),
  );
  // A spare, or a label without its pool: "no trace of ZFS" would be wrong.
  const trace = sources.some(({ survey }) =>
    survey?.labels.some(({ status }) => status === 'ok' || status === 'malformed'),
  );
  if (unread || !whole || (trace && !found)) return EXIT.partial;
  return found ? EXIT.done : EXIT.noZfs;
}
