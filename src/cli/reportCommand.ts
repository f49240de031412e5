import { UsageError } from '../bytes/errors.ts';
import { documentParts } from '../document/jsonParts.ts';
import type { ScanDocument } from '../document/scanDocument.ts';
import { clean } from '../text/page.ts';
import { answering } from './answer.ts';
import type { REPORT_OPTIONS } from './commandOptions.ts';
import { EXIT } from './exitStatus.ts';

interface Report {
  readonly file: string;
  readonly document: ScanDocument;
}

export const report = answering<typeof REPORT_OPTIONS, Report>({
  async ask(library, { sources, values: { html, pool } }) {
    const [source, ...more] = sources;
    if (html === null) throw new UsageError('report: say which page to write: --html FILE');
    if (source === undefined || more.length > 0) throw new UsageError('report: one file of scan --json makes one page');
    // What the command line says is this command, not the one that made the document.
    const asked = { pool, commandLine: null };
    const document = await library.writeReport(html, sources, () => library.readScan(source), asked);
    return { file: html, document };
  },
  text: (page, { file }) => [`The page is in ${clean(page, file)}\n`],
  json: ({ document }) => documentParts(document),
  status: () => EXIT.done,
});
