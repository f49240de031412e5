import { describeOpened } from '../api/describeOpened.ts';
import { askedPool, type OpenedPool, type OpenedPools } from '../api/openPool.ts';
import { unlessStopped } from '../api/unlessStopped.ts';
import { StoppedError, UsageError, ZfsUberError } from '../bytes/errors.ts';
import type { Txg } from '../bytes/units.ts';
import type { PoolAt } from '../dataset/poolAt.ts';
import { type ViewHead, viewHead } from '../document/viewHead.ts';
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
  /** Ends the work: what is known by then is printed, with `stopped` in the document. */
  readonly signal: AbortSignal;
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
  const signal = terminal.stopped();
  const { passedOver: _, ...tool } = await library.tool();
  const opened = await library.openPools(sources, { progress: progress.show, signal }).finally(progress.end);
  try {
    for (const { opened: source } of opened.sources) {
      if (terminal.outIs(source.path)) throw new UsageError(`stdout is ${source.path}: it would be overwritten`);
    }
    const pool = askedPool(opened, values.pool, signal);
    const passedOver: { txg: Txg; trouble: ZfsUberError }[] = [];
    let [view, error, whole]: [PoolAt | null, ZfsUberError | null, boolean] = [null, null, true];
    const troubles: ZfsUberError[] = [];
    try {
      const options = {
        signal,
        onPassedOver: (txg: Txg, trouble: ZfsUberError) => void passedOver.push({ txg, trouble }),
        onTrouble: (trouble: ZfsUberError) => void troubles.push(trouble),
      };
      view = await unlessStopped(
        signal,
        async () => (await pool?.at(values.txg, options)) ?? null,
        () => {
          error = new StoppedError();
          return null;
        },
      );
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
    await answer({ head, view, pool, signal, incomplete });
    if (signal.aborted) terminal.err('zfs-uber: stopped before the end: there may be more\n');
    return statusOf(opened, pool !== null, whole && !signal.aborted);
  } finally {
    await opened.close();
  }
}

function statusOf({ sources }: OpenedPools, found: boolean, whole: boolean): number {
  const unread = sources.some(
    ({ opened, survey }) =>
      describeOpened(opened).error !== null || survey?.labels.some(({ status }) => status === 'unreadable'),
  );
  // A spare, or a label without its pool: "no trace of ZFS" would be wrong.
  const trace = sources.some(({ survey }) =>
    survey?.labels.some(({ status }) => status === 'ok' || status === 'malformed'),
  );
  if (unread || !whole || (trace && !found)) return EXIT.partial;
  return found ? EXIT.done : EXIT.noZfs;
}
