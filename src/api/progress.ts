/** How far a call is. `total` may grow while it runs; it is never below `done`. */
export interface Progress {
  /** What is being done, for a person: `reading labels`, `checking txgs`. */
  readonly phase: string;
  readonly done: number;
  readonly total: number;
  /** How far the next one is, 0 to 1, where that is known. */
  readonly share?: number;
  /** Of the whole, 0 to 1, where one costs more than another; otherwise all count alike. */
  readonly part?: number;
}
