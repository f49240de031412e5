import type { WayRisk } from '../rewind/waysOut.ts';

/** What a way out costs. */
export const WAY_RISKS: Readonly<Record<WayRisk, string>> = {
  'lost-blocks': 'What lies on the missing vdevs alone cannot be read: copy out what can, file by file.',
  'damage-unseen': 'Nobody has verified the pool then: what is damaged shows as files are read. Never read-write.',
  'later-state-lost': 'What was written after that txg is not in it, and is given up by writing.',
};
