import { UsageError } from '../bytes/errors.ts';
import { type Timeline, timelineLines } from '../document/timeline.ts';
import { answering } from './answer.ts';
import type { SCAN_OPTIONS } from './commandOptions.ts';
import { timelineStatus } from './exitStatus.ts';
import { sourcesOrDisks } from './sourcesOrDisks.ts';

/** `scan --timeline`. */
export const timeline = answering<typeof SCAN_OPTIONS, Timeline>({
  async ask(library, { sources, values: { pool, json, html, 'json-lines': lines } }, { signal }) {
    if (html !== null) throw new UsageError('scan: --timeline or --html, not both');
    if (json || lines) throw new UsageError('scan: --timeline has no --json: its jsonl is one');
    return library.timeline(await sourcesOrDisks(library, sources), { pool, signal });
  },
  text: (_, { events }, { timeline }) => timelineLines(timeline ?? 'jsonl', events),
  notes: ({ troubles, stopped }) => [
    ...troubles.map(({ message }) => message),
    ...(stopped ? ['stopped before the end: there may be more'] : []),
  ],
  status: timelineStatus,
});
