import type { Hazard } from '../../load/hazard.ts';

/** What a finding has to say of a hazard, as data: src/words makes the sentence. `hazard` says what it comes to. */
export interface Told {
  readonly hazard: Hazard;
  readonly writes: boolean;
}
