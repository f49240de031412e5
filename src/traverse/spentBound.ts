/**
 * What is remembered from one txg to the next and has a bound: `blocks` found sound; blocks or subtrees that `fail`;
 * `particulars` of failures; `lists` of the datasets below a block of the meta-object set; `answers` about datasets and
 * directories; `objects` that the load read whole, and what it made of them. `space maps` are not remembered but added
 * up, in bytes: those beyond are not.
 */
export type Remembered = 'blocks' | 'fail' | 'particulars' | 'lists' | 'answers' | 'objects' | 'space maps';

/** A bound that was reached: what is beyond it is found out again for each txg, and told of less. */
export interface SpentBound {
  readonly what: Remembered;
  /** So many, or bytes where `what` is measured in them. */
  readonly most: number;
}
