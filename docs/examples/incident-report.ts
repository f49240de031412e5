// What was destroyed, when, by whom, and whether it can still be had: a report in Markdown of a dataset or snapshot that
// somebody destroyed.
//
//   npx tsx incident-report.ts tank/home disk0.img disk1.img > incident.md
import { history, scan } from 'zfs-uber';

/** A name from a disk in a page of Markdown: neither markup nor an escape of a terminal. */
const safe = (text: string): string => `\`${text.replace(/[^\x20-\x7e]|`/g, '?')}\``;

const when = (seconds: number | null): string =>
  seconds === null ? 'at an unknown time' : new Date(seconds * 1000).toISOString();

async function incidentReport(lost: string, sources: readonly string[]): Promise<string[]> {
  const { pool, records, troubles } = await history(sources);
  if (pool === null) return ['No pool was found.'];
  const lines = [`# ${safe(lost)} of pool ${safe(pool.name ?? pool.guid)}`, '', '## What was done', ''];
  const [name] = lost.split('@');
  const about = records.filter(
    ({ text, dataset }) => dataset === lost || dataset === name || text.split(' ').includes(lost),
  );
  for (const { time, txg, afterTxg, text, detail, user, host } of about.slice(-20)) {
    const who = user === null ? '' : ` by user ${user}${host === null ? '' : ` on ${safe(host)}`}`;
    lines.push(
      `- ${when(time)}, txg ${txg ?? `${afterTxg} or later`}: ${safe([text, detail ?? ''].join(' ').trim())}${who}`,
    );
  }
  if (about.length === 0) lines.push('The history does not name it.');
  for (const { message } of troubles) lines.push(`- not readable: ${safe(message)}`);

  // The verdicts of the txgs that still have it whole.
  const { pools } = await scan(sources, { depth: 'meta', needs: [lost] });
  const { recommendation = null, findings = [] } = pools.find(({ guid }) => guid === pool.guid) ?? {};
  lines.push('', '## What can be had', '');
  for (const { message } of findings.filter(({ code }) => code === 'aimed-needs')) lines.push(safe(message));
  if (recommendation === null) return [...lines, '', 'No txg that has it imports.'];
  lines.push('', `Txg ${recommendation.txg} has it. As root, on a copy or an overlay of the devices:`, '');
  for (const { lines: typed } of recommendation.steps) lines.push(...typed.map((line) => `    ${line}`));
  return lines;
}

const [lost, ...sources] = process.argv.slice(2);
if (lost !== undefined) for (const line of await incidentReport(lost, sources)) console.log(line);
