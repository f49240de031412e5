import type { FindingCode, Severity } from '../rewind/findings/codes.ts';
import type { Step } from '../rewind/steps.ts';

/**
 * Parts of several documents. In all of them 64-bit quantities that may pass 2^53 are decimal strings; counts, indexes and
 * seconds are numbers. What the contract fixes keeps its name, type and meaning; additions are free.
 */

export interface ToolInfo {
  /** Always `zfs-uber`. */
  readonly name: 'zfs-uber';
  /** Of this program. */
  readonly version: string;
  /** The native addon computes the checksums. */
  readonly native: boolean;
  /** What sums and unpacks blocks: `native` is the addon, `wasm` WebAssembly, `node` TypeScript and OpenSSL, `pure` TypeScript. */
  readonly engine: string;
}

export interface DocumentError {
  /** Stable: see docs/errors.md. */
  readonly code: string;
  /** The same in words. */
  readonly message: string;
}

/** What JSON has; numbers of 64 bits as decimal strings. */
export type Value = string | number | boolean | null | readonly Value[] | Values;
export interface Values {
  readonly [name: string]: Value;
}

/** Values that go with a kind. */
export type DataEntry<Kind extends string> = Values & {
  /** Which it is: the other fields go with it. */
  readonly kind: Kind;
};

/** Argument vectors that can be run as they are; empty where there is nothing to run. */
export interface CommandsEntry {
  /** Imports read-only; empty where there is none that does not harm. */
  readonly commandReadOnly: readonly string[];
  /** Imports to write; empty where it fails, harms, or nothing is known of it. */
  readonly commandReadWrite: readonly string[];
  /**
   * The same, each word in hexadecimal, where one has bytes that are no UTF-8: in text those stand as `\xff`. Left out
   * where none has.
   */
  readonly commandReadOnlyBytes?: readonly string[];
  /** The words of `commandReadWrite` in hexadecimal, in the same way. */
  readonly commandReadWriteBytes?: readonly string[];
}

/** One thing to do, after those before it. */
export interface ShellStepEntry {
  /** What the lines do. */
  readonly kind: Step['kind'];
  /** For bash with root's rights; quoted, so that each can be pasted as it is. */
  readonly lines: readonly string[];
}

export interface FindingEntry {
  /** Stable; listed in docs/findings.md. */
  readonly code: FindingCode;
  /** `error`: it does not import as it is, or loses something; `warning`: to be known before acting; `info`: explains what else is seen. */
  readonly severity: Severity;
  /** In English. */
  readonly message: string;
  /** What `message` is made of, by names that go with `code`. */
  readonly values?: Values;
  /** Indexes into `sources` where the finding is about particular ones. */
  readonly sources?: readonly number[];
  /** What to do about it in a shell; absent where there is no such thing. */
  readonly steps?: readonly ShellStepEntry[];
}
