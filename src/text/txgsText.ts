/** Ranges that are named; more are counted. */
const SHOWN = 6;

/**
 * Txgs of one pool in few words, the newest first: `1055-928, 876`. Neighbours in `known` stand together, whatever
 * numbers lie between them: a pool does not keep an uberblock of every txg.
 *
 * @param txgs some of `known`
 * @param known all txgs there are, newest first
 */
export function txgsText(txgs: ReadonlySet<string>, known: readonly string[]): string {
  const runs: string[][] = [];
  let open = false;
  for (const txg of new Set(known)) {
    const wanted = txgs.has(txg);
    if (wanted && open) runs.at(-1)?.push(txg);
    else if (wanted) runs.push([txg]);
    open = wanted;
  }
  const texts = runs.flatMap((run) => (run.length < 3 ? run : [`${run[0]}-${run.at(-1)}`]));
  const rest = texts.length - SHOWN;
  return rest > 1 ? `${texts.slice(0, SHOWN).join(', ')} and ${rest} more` : texts.join(', ');
}
