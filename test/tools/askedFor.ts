// What a task was asked for on its command line. A wrong word ends it: what looks at nothing finds nothing wrong.

/** Ends the program as wrong usage. */
export function refuse(sentence: string): never {
  console.error(sentence);
  process.exit(2);
}

/** @param what the word names, as its usage calls it */
export function oneOf<T extends string>(what: string, word: string, known: readonly T[]): T {
  return known.find((each) => each === word) ?? refuse(`no ${what} '${word}': expected one of ${known.join(', ')}`);
}

export function wholeNumber(what: string, word: string): number {
  return /^\d{1,15}$/.test(word) ? Number(word) : refuse(`${what}: expected a whole number; found '${word}'`);
}
