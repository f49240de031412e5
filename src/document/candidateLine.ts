import type { Pool } from '../pool/pool.ts';
import type { Judged } from '../rewind/judge.ts';
import type { CandidateEntry } from './candidate.types.ts';
import { hazardEntry, reasonEntries } from './reasonEntry.ts';
import { seconds } from './sourceEntry.ts';

/**
 * A line of `scan --json-lines`: one candidate as soon as it is judged. Rank, loss, commands and the
 * hazards of older txgs that an import goes on to depend on all of them: those are in the document that ends the stream.
 */
export interface CandidateLine
  extends Pick<
    CandidateEntry,
    | 'txg'
    | 'checkpoint'
    | 'timestamp'
    | 'copies'
    | 'verdict'
    | 'metadataErrors'
    | 'dataErrors'
    | 'reasons'
    | 'reasonData'
    | 'failsAt'
    | 'hazards'
  > {
  /** Name and version of the document. */
  readonly schema: 'zfs-uber/candidate/1';
  /** That it is of. */
  readonly pool: {
    /** Null where no label decodes. */
    readonly name: string | null;
    /** `0` where no label tells. */
    readonly guid: string;
  };
  /** `zpool import -T` takes this uberblock, and no other of the same txg. */
  readonly taken: boolean;
}

export function candidateLine({ name, guid }: Pool, { candidate, prediction, counts }: Judged): CandidateLine {
  return {
    schema: 'zfs-uber/candidate/1',
    pool: { name, guid: guid.toString() },
    txg: candidate.txg.toString(),
    ...(candidate.checkpoint === null ? {} : { checkpoint: { heldBy: candidate.checkpoint.heldBy.toString() } }),
    timestamp: seconds(candidate.uberblock.timestamp),
    copies: candidate.copies.length,
    taken: candidate.taken,
    verdict: prediction.verdict,
    metadataErrors: counts?.metadataErrors ?? null,
    dataErrors: counts?.dataErrors ?? null,
    ...reasonEntries(prediction.reasons),
    failsAt: prediction.failsAt,
    hazards: prediction.hazards.map(hazardEntry),
  };
}
