import type { OpenedSource } from '../node/openedSource.ts';

/** Kinds of sources whose bytes lie in their path as they are. */
const PLAIN: ReadonlySet<string> = new Set(['raw', 'block', 'gpt', 'mbr', 'slice']);

/** The bytes lie in its path as they are: an overlay can be laid over that. */
export const isPlain = ({ kind, disk }: Pick<OpenedSource, 'kind' | 'disk'>): boolean =>
  PLAIN.has(kind) && (disk?.image ?? null) === null && (disk?.origin ?? 'path') === 'path';
