import { UsageError } from '../bytes/errors.ts';
import { jsonSafe } from '../report/jsonSafe.ts';
import type { Run, SCAN_OPTIONS } from './commands.ts';
import { scanStatus } from './exitStatus.ts';
import { progressLine } from './progressLine.ts';
import { pageFor } from './terminal.ts';

export const runScan: Run<typeof SCAN_OPTIONS> = async ({ sources, values }, terminal, library) => {
  const { depth, pool, 'min-txg': minTxg, 'max-txg': maxTxg, all, quiet, json } = values;
  if (minTxg !== null && maxTxg !== null && minTxg > maxTxg) {
    throw new UsageError(`scan: --min-txg ${minTxg} is above --max-txg ${maxTxg}`);
  }
  const progress = progressLine(terminal, { asked: values.progress, quiet });
  const choice = { depth, pool, minTxg, maxTxg, progress: progress.show };
  const document = await library.scan(sources, choice).finally(progress.end);
  if (json) terminal.out(`${jsonSafe(JSON.stringify(document, null, 2))}\n`);
  else {
    const { scanText } = await import('../report/text/scanText.ts');
    const page = await pageFor(terminal, values['no-color']);
    terminal.out(scanText(page, document, { all, newestFirst: values['newest-first'], quiet, pool }));
  }
  return scanStatus(document);
};
