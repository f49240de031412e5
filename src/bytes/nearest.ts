/** More edits than this are no slip of the finger. */
const SLIPS = 2;

/** The word of `words` that `word` was likely meant to be: at most two letters apart; null when none is near. */
export function nearest(word: string, words: readonly string[]): string | null {
  let best: string | null = null;
  let least = Math.min(SLIPS, Math.floor(word.length / 2)) + 1;
  for (const each of words) {
    if (Math.abs(each.length - word.length) > SLIPS) continue;
    const distance = edits(word, each);
    if (distance < least) [best, least] = [each, distance];
  }
  return best ?? words.find((each) => word.length > 2 && each.startsWith(word)) ?? null;
}

/** Letters to insert, delete or replace to make `a` of `b`. */
function edits(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
