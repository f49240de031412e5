import { RING_LETTERS } from '../document/ringMap.ts';
import type { Verdict } from '../load/predict.ts';
import type { MomentKind } from './poolTimes.ts';
import { ABSENT } from './ringGrid.ts';

/** Size of a cell of the picture, in its own units. */
export const CELL = 12;
export const ROW = 20;
/** Units to the size of text: the picture grows with it. */
export const REM = 16;

/** A shape: commands of a path that begins at the middle of the cell. Told apart without colour. */
export type Mark = string;

/** By letter of a ring map. */
export const MARKS: ReadonlyMap<string, Mark> = new Map([
  [RING_LETTERS.valid, 'm-4 -5h8v10h-8z'],
  [RING_LETTERS.mmp, 'm0 -6l5 6l-5 6l-5 -6z'],
  [RING_LETTERS.checksum, 'm-4 -5l8 10m0 -10l-8 10'],
  [RING_LETTERS.torn, 'm-4 -5h8v3l-8 3zm0 10h8v-3l-8 3z'],
  [RING_LETTERS.unreadable, 'm-4 -5h8v10h-8zm2 3h4m-4 4h4'],
  [RING_LETTERS.foreign, 'm-3 5v-10h6m-6 5h5'],
  [RING_LETTERS.garbage, 'm-5 1q2.5 -6 5 -1t5 -1'],
  [RING_LETTERS.empty, 'm-3 -4h6v8h-6z'],
  [RING_LETTERS.template, 'm-3 0a3 3 0 1 0 6 0a3 3 0 1 0 -6 0z'],
  [ABSENT, 'm-1 0h2'],
]);

/** What else than uberblocks has a time. */
export const MOMENT_MARKS: Readonly<Record<Exclude<MomentKind, 'uberblock'>, Mark>> = {
  label: 'm0 -6v12',
  history: 'm0 -4l4 8h-8z',
  dataset: 'm-4 -4h8v8h-8z',
  snapshot: 'm-4 0h8m-4 -4v8',
};

export const VERDICT_MARKS: Readonly<Record<Verdict, Mark>> = {
  importable: 'm-5 0a5 5 0 1 0 10 0a5 5 0 1 0 -10 0z',
  readonly: 'm0 -5a5 5 0 0 0 0 10zm0 0a5 5 0 0 1 0 10',
  damaged: 'm-4 -4l8 8m0 -8l-8 8',
  incomplete: 'm0 -5l5 9h-10z',
  unverified: 'm-3 0a3 3 0 1 0 6 0a3 3 0 1 0 -6 0z',
};

/** A mark in the cell whose corner is at that place. */
export const markPath = (mark: Mark, x: number, y: number): string => `M${x + CELL / 2} ${y + ROW / 2}${mark}`;
