import type { CandidateEntry } from '../document/candidate.types.ts';
import { stepWords } from '../words/steps.ts';
import { countText } from './amounts.ts';
import { dangerOf, type Why } from './candidateRuns.ts';

const imports = ({ verdict }: CandidateEntry): boolean => verdict === 'importable';

/** The reason that decides of a checkpoint that fails does not say what the row is. */
function keptText({ checkpoint, verdict }: CandidateEntry): string {
  const fails = verdict === 'damaged' || verdict === 'incomplete';
  return checkpoint === undefined || !fails ? '' : `the checkpoint, kept by txg ${checkpoint.heldBy}: `;
}

/**
 * Why a candidate has its verdict, in short. Names of an image stand in it raw.
 *
 * @param step say also which step of the load it is, to compare with OpenZFS's own log
 */
export function reasonText(candidate: CandidateEntry, step: boolean): Why {
  const danger = dangerOf(candidate);
  const where = step && candidate.failsAt !== null ? `; it fails to ${stepWords(candidate.failsAt)}` : '';
  const lost = candidate.dataErrors ?? 0;
  // What is lost matters more than that all else reads.
  const content = imports(candidate) && lost > 0 ? `${countText(lost, 'block')} of file content cannot be read` : null;
  const said = keptText(candidate) + (content ?? candidate.reasonData[0]?.brief ?? '') + where;
  return { danger, said };
}
