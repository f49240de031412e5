import type { Child } from './children.ts';
import type { Mark } from './walkNode.ts';

/** What is being found out about a block. */
export interface Question {
  readonly mark: Mark;
  readonly role: Child['role'];
  /** Those who want the same: called when there is an answer, or will be none. */
  readonly waiting: (() => void)[];
}

/**
 * What traversals that go on side by side are finding out: whoever comes to the same waits for the first.
 *
 * Nobody waits in a circle: a question is told apart by the tree that the block stands in too, and from a block to those
 * below it either its level falls or it goes from an object set to its dnodes, or from these to other objects.
 */
export class UnderWay {
  readonly #questions = new Map<number, Question>();

  /** Somebody finds it out, and says so by {@link answered}. */
  ask(mark: Mark, role: Child['role']): void {
    const key = keyOf(mark);
    // Of two that share a key the second is found out by all who want it.
    if (!this.#questions.has(key)) this.#questions.set(key, { mark, role, waiting: [] });
  }

  /** The question that somebody is finding the answer to; null where nobody is. */
  of(mark: Mark, role: Child['role']): Question | null {
    const question = this.#questions.get(keyOf(mark));
    return question !== undefined && question.role === role && isSame(question.mark, mark) ? question : null;
  }

  /** What was asked is known, or will not be. */
  answered(mark: Mark): void {
    const key = keyOf(mark);
    const question = this.#questions.get(key);
    // By who asked, and by no other who came to it in another tree.
    if (question?.mark !== mark) return;
    this.#questions.delete(key);
    for (const again of question.waiting) again();
  }

  /** Nobody finds out anything any more: who waits is to go on by himself. */
  giveUp(): void {
    const open = [...this.#questions.values()];
    this.#questions.clear();
    for (const { waiting } of open) for (const again of waiting) again();
  }

  /** Forgets those who wait as well. */
  clear(): void {
    this.#questions.clear();
  }
}

/** As an integer that a Map finds without a number object. */
const keyOf = ({ high }: Mark): number => high | 0;

const isSame = (a: Mark, b: Mark): boolean =>
  a.slot === b.slot && a.high === b.high && a.low === b.low && a.kind === b.kind;
