import { UsageError } from '../bytes/errors.ts';
import type { ExplainDocument } from '../document/explainDocument.ts';
import { explainReport } from '../text/explainText.ts';
import { explainText } from '../words/explain.ts';
import { answering } from './answer.ts';
import type { EXPLAIN_OPTIONS } from './commandOptions.ts';
import { explainStatus } from './exitStatus.ts';

export const explain = answering<typeof EXPLAIN_OPTIONS, ExplainDocument>({
  async ask(
    library,
    { operands: [first = ''], sources, values: { zfs, depth, pool, ...values } },
    { progress, signal },
  ) {
    // A message that nobody put into quotes.
    const whole = [first, ...sources].join(' ');
    const unquoted = explainText(first).length === 0 && explainText(whole).length > 0;
    const given = unquoted || sources.length === 0 ? null : sources;
    const map = values['write-map'] ?? null;
    if (given === null && map !== null) throw new UsageError('explain: --write-map is of what is read: name a SOURCE');
    return library.explain(unquoted ? whole : first, given, { zfs: zfs ?? undefined, depth, pool, progress, signal });
  },
  text: (page, document) => [explainReport(page, document)],
  status: explainStatus,
});
