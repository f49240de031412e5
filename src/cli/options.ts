import { UsageError } from '../bytes/errors.ts';

/** One option of a command: what it takes, what it says of itself, how its text becomes a value. */
export interface Option<T> {
  readonly describe: string;
  /** What stands for the value in the help; null for a flag, which takes none. */
  readonly placeholder: string | null;
  readonly choices: readonly string[];
  /** Value when the option is not given. */
  readonly initial: T;
  /** The letter that stands for it behind one hyphen. */
  readonly letter?: string;
  /** Text of the default as the help shows it; null where there is nothing to show. */
  readonly initialText: string | null;
  /** @throws UsageError when the text is no such value */
  readonly read: (text: string) => T;
}

export type Options = Readonly<Record<string, Option<unknown>>>;
/** What the options of a command become. */
export type Values<O extends Options> = { readonly [K in keyof O]: O[K] extends Option<infer T> ? T : never };

export const flag = (describe: string): Option<boolean> => ({
  describe,
  placeholder: null,
  choices: [],
  initial: false,
  initialText: null,
  read: () => true,
});

export const text = (placeholder: string, describe: string): Option<string | null> => ({
  describe,
  placeholder,
  choices: [],
  initial: null,
  initialText: null,
  read: (value) => value,
});

/** The same option, also by one letter behind a hyphen. */
export const withLetter = <T>(letter: string, option: Option<T>): Option<T> => ({ ...option, letter });

/** An option that may be given several times: every value counts. */
export const texts = (placeholder: string, describe: string): Option<readonly string[]> => ({
  describe,
  placeholder,
  choices: [],
  initial: [],
  initialText: null,
  read: (value) => [value],
});

/** As `texts`, each one of `choices`; several may stand in one value, with commas between them. */
export function several<const C extends string>(choices: readonly C[], describe: string): Option<readonly C[]> {
  const [first] = choices;
  const one = first === undefined ? null : choice(choices, first, describe);
  return {
    ...texts(choices.join('|'), describe),
    choices,
    initial: [],
    read: (value) => value.split(',').flatMap((each) => (one === null ? [] : [one.read(each)])),
  };
}

export function choice<const C extends string>(choices: readonly C[], initial: C, describe: string): Option<C> {
  return {
    describe,
    placeholder: choices.join('|'),
    choices,
    initial,
    initialText: initial,
    read(value) {
      const found = choices.find((each) => each === value);
      if (found === undefined) throw new UsageError(`expected ${choices.join(', ')}; found '${value}'`);
      return found;
    },
  };
}

/** As `choice`, null when it is not given. */
export function maybe<const C extends string>(choices: readonly C[], describe: string): Option<C | null> {
  const [first] = choices;
  return first === undefined
    ? { ...text('', describe), read: () => null, initial: null }
    : { ...choice(choices, first, describe), initial: null, initialText: null };
}

const LARGEST = 2n ** 64n - 1n;

/** An unsigned 64-bit number, decimal or 0x. */
export const unsigned = (placeholder: string, describe: string): Option<bigint | null> => ({
  describe,
  placeholder,
  choices: [],
  initial: null,
  initialText: null,
  read(value) {
    // 20 digits are the most that fit: a longer text is not worth its conversion.
    const number = /^(0x[0-9a-f]{1,16}|[0-9]{1,20})$/i.test(value) ? BigInt(value) : null;
    if (number === null || number > LARGEST) {
      throw new UsageError(`expected a number from 0 to ${LARGEST}; found '${value}'`);
    }
    return number;
  },
});

/** Shells that a completion is made for. */
export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];
