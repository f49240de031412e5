import type { RuleName } from '../load/releaseRules.ts';

/** What a release that follows the rule does, in a sentence. */
export const RULE_WORDS: Readonly<Record<RuleName, string>> = {
  'rewritten-births':
    'the traversal goes by the physical birth of a block that was rewritten where it lies, and counts errors in it that others pass over below a newer snapshot',
  'pointers-halt':
    'the traversal halts the machine at a block pointer that makes no sense, where later releases count an error',
  'clones-fail': 'a load fails where tables of cloned blocks do not read; before, it goes on with counts of zero',
  'clone-counts-held': 'an import hangs where the counts of cloned blocks do not read',
  'clone-entries-asserted': 'an import crashes the machine where the entries of cloned blocks do not read',
  'clone-tables-freed':
    'an import that goes on to an older txg may crash the machine once it has read of cloned blocks',
  'multihost-claim':
    'an import of an active pool with multihost claims it on every leaf; a plain read-only import of it always fails. `-T` claims nothing',
  'rewind-ends-with-claim': '`-F` does not go on to older txgs once the claim of multihost has failed',
  'checkpoint-kept': "an import that goes on to another txg takes the first one's checkpoint for that one's too",
  'draid-rows':
    'the least size of a child of a dRAID is rounded up to rows of 16 MiB, so that one a little too small is refused by itself',
  'frees-wait': 'what is to be freed waits for five txgs after an import, and damage in its lists shows only then',
};
