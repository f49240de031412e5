import type { Danger } from '../../load/hazard.ts';
import type { StepName } from '../../load/stepNames.ts';

type Declared = typeof import('../../load/hazard.ts');

/** Every danger that src/load/hazard.ts declares, by its name there. */
export type DangerName = {
  [Name in keyof Declared]: Declared[Name] extends Danger ? Name : never;
}[keyof Declared];

/** Where a load meets a danger. */
export interface HazardMeaning {
  /** What does not read, as a line of Markdown. */
  readonly meets: string;
  readonly steps: readonly StepName[];
}

/** By danger, in the order of docs/hazards.md, which `npm run docs` makes of it. */
export const HAZARD_MEANINGS: Readonly<Record<DangerName, readonly HazardMeaning[]>> = {
  ASSERTED: [
    { meets: 'mapping or births of a removed vdev', steps: ['spa_ld_open_indirect_vdev_metadata'] },
    { meets: 'dnode of `free_bpobj`, or of the list of obsolete blocks', steps: ['spa_ld_load_special_directories'] },
    {
      meets:
        'dnode of the deadlist of a head, of its last snapshot, of `$ORIGIN`; of the livelist of a clone; what a zapified dataset keeps',
      steps: ['spa_ld_load_special_directories', 'spa_load_verify'],
    },
    { meets: '`feature_enabled_txg`, where holes have births', steps: ['spa_load_verify'] },
  ],
  POINTERS_HALT: [{ meets: 'a block of the pool, for its pointer makes no sense', steps: ['spa_load_verify'] }],
  CLONES_HELD: [{ meets: 'counts of cloned blocks', steps: ['spa_ld_load_brt'] }],
  CLONES_ASSERTED: [{ meets: 'dnode of the entries of cloned blocks', steps: ['spa_ld_load_brt'] }],
  CLONES_FREED: [
    {
      meets:
        'anything, after a table of cloned blocks was loaded: the import goes on to an older txg, and meets it there',
      steps: ['vdev_load'],
    },
  ],
};
