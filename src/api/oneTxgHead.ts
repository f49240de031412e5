import type { ZfsUberError } from '../bytes/errors.ts';
import { type ViewHead, viewHead } from '../document/viewHead.ts';
import type { Candidate } from '../load/candidates.ts';
import { describeSurveyed } from './describeOpened.ts';
import type { OpenedPool, OpenedPools } from './openPool.ts';
import { toolInfo } from './toolInfo.ts';

/** How a document begins that is of one txg of one pool, if there is one. */
export const oneTxgHead = (
  opened: OpenedPools,
  one: OpenedPool | null,
  at: Pick<Candidate, 'uberblock'> | null,
  error: ZfsUberError | null,
  passedOver: Parameters<typeof viewHead>[0]['passedOver'] = [],
): ViewHead =>
  viewHead({
    tool: toolInfo(opened.engine),
    sources: opened.sources.map(describeSurveyed),
    pool: one?.pool ?? null,
    ringTxgs: one?.txgs ?? [],
    uberblock: at?.uberblock ?? null,
    passedOver,
    error,
  });
