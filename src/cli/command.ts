import { ANSWER_OPTIONS, COMMON_OPTIONS, READING_OPTIONS } from './commandOptions.ts';
import type { Library } from './library.ts';
import type { Options, Values } from './options.ts';
import type { Terminal } from './terminal.ts';

/** A word that has to stand before the sources. */
export interface Operand {
  readonly name: string;
  /** What it is, for the help. */
  readonly is: string;
}

/** What stands last on a command line. */
export interface LastWords {
  /** Of one of them. */
  readonly name: 'SOURCE' | 'SCAN.json';
  readonly usage: string;
  /** There is nothing to do without one. */
  readonly needed: boolean;
}

const SOURCES: LastWords = { name: 'SOURCE', usage: 'SOURCE...', needed: true };
export const SOURCES_OR_NONE: LastWords = { name: 'SOURCE', usage: '[SOURCE...]', needed: false };
export const SCAN_DOCUMENT: LastWords = { name: 'SCAN.json', usage: 'SCAN.json', needed: true };

/** What a command is called with. */
export interface Request<O extends Options> {
  /** What stands before the sources: one for each of `Command.operands`. */
  readonly operands: readonly string[];
  /** What stands last: at least one, but for a command that has something to do without; as given. */
  readonly sources: readonly string[];
  readonly values: Values<O> & Values<typeof ANSWER_OPTIONS> & Partial<Values<typeof READING_OPTIONS>>;
}

/** What a command does besides its own: it reads `sources`, gives an `answer` of what it reads itself, or a `service` that does neither. */
export type Does = 'sources' | 'answer' | 'service';

/** What only some commands take of what is not their own. */
const BESIDES: Readonly<Record<Does, Options>> = {
  sources: { ...ANSWER_OPTIONS, ...READING_OPTIONS },
  answer: ANSWER_OPTIONS,
  service: {},
};

/** Does the work of a command. @returns the exit status */
export type Run<O extends Options> = (request: Request<O>, terminal: Terminal, library: Library) => Promise<number>;

export interface Command {
  readonly name: string;
  readonly summary: string;
  readonly options: Options;
  readonly operands: readonly Operand[];
  readonly last: LastWords;
  /** Argument lines for the help, without the name of the program. */
  readonly examples: readonly (readonly [line: string, says: string])[];
  /** Loads the command's code and runs it: one command never pays for another. */
  readonly start: (request: Request<Options>, terminal: Terminal, library: Promise<Library>) => Promise<number>;
}

/** @param about `does`: `sources` where it is not said */
export function command<O extends Options>(
  {
    does = 'sources',
    ...about
  }: Omit<Command, 'options' | 'operands' | 'last' | 'start'> & {
    readonly options: O;
    readonly operands?: readonly Operand[];
    readonly last?: LastWords;
    readonly does?: Does;
  },
  load: (values: Values<O>) => Promise<Run<O>>,
): Command {
  return {
    ...about,
    operands: about.operands ?? [],
    last: about.last ?? SOURCES,
    options: { ...about.options, ...BESIDES[does], ...COMMON_OPTIONS },
    start: async (asked, terminal, library) => {
      // The values were read by these very options, so their types are those of O.
      const request = asked as unknown as Request<O>;
      const [run, loaded] = await Promise.all([load(request.values), library]);
      return run(request, terminal, loaded);
    },
  };
}
