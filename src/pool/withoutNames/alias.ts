import { sha256 } from '../../block/sha256.ts';

/** Letters and digits of which no two look alike. */
const LETTERS = 'abcdefghijkmnpqrstuvwxyz23456789';

/** What stands for names: the same for the same name, and of the same length where there is room for it. */
export interface Aliases {
  /** @param longest bytes that there is room for */
  aliasOf(name: Uint8Array, longest?: number): Uint8Array;
}

/**
 * Aliases that nobody finds the names by who does not have `secret`.
 *
 * @param secret random, and kept nowhere
 */
export function aliases(secret: Uint8Array): Aliases {
  return {
    aliasOf(name, longest = name.length) {
      const seed = new Uint8Array(secret.length + name.length);
      seed.set(secret);
      seed.set(name, secret.length);
      const digits = sha256(seed).flatMap((word) => fives(word));
      const alias = new Uint8Array(Math.min(name.length, longest));
      for (let i = 0; i < alias.length; i++) alias[i] = LETTERS.charCodeAt(digits[i % digits.length] ?? 0);
      return alias;
    },
  };
}

/** Twelve digits of five bits. */
const fives = (word: bigint): number[] => Array.from({ length: 12 }, (_, i) => Number((word >> BigInt(i * 5)) & 31n));
