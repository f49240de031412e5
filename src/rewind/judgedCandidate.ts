import type { ImportCommands } from './commands.ts';
import type { Judged } from './judge.ts';

export interface JudgedCandidate extends Judged {
  /** 1 is best. */
  readonly rank: number;
  /** Seconds from this state to the newest one by the writer's clock; never negative. */
  readonly lossSeconds: number;
  /** Sound copies in all rings of all devices. */
  readonly copies: number;
  /** Blocks that were read and verified for this candidate. */
  readonly blocksChecked: number;
  readonly commands: ImportCommands;
}
