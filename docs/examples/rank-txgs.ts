// What a recovery tool wants of a pool that does not import: its txgs, the best first, each with what it costs and the
// words of the command that imports it read-only.
//
//   npx tsx rank-txgs.ts disk0.img disk1.img
import { type CandidateEntry, scan } from 'zfs-uber';

interface Choice extends Pick<CandidateEntry, 'txg' | 'verdict' | 'lossSeconds'> {
  readonly pool: string;
  /** Words for execFile, without a shell; none where importing it is not advised. */
  readonly command: readonly string[];
  readonly why: string;
}

async function rankTxgs(sources: readonly string[]): Promise<Choice[]> {
  const { pools } = await scan(sources, { depth: 'meta' });
  return pools.flatMap(({ name, guid, candidates }) =>
    [...candidates]
      .sort((a, b) => a.rank - b.rank)
      .map(({ txg, verdict, lossSeconds, commandReadOnly, hazards, reasons }) => ({
        ...{ pool: name ?? guid, txg, verdict, lossSeconds, command: commandReadOnly },
        // A hazard harms the machine that tries it: no choice at all.
        why: hazards[0]?.message ?? reasons[0] ?? '',
      })),
  );
}

const sources = process.argv.slice(2);
for (const choice of await rankTxgs(sources)) console.log(JSON.stringify(choice));
