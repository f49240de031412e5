import { shellCommand } from '../bytes/shellWord.ts';
import type { PoolEntry } from '../document/pool.types.ts';
import { type Page, paragraph } from './page.ts';
import { shellText } from './stepsText.ts';

/** Lines that are shown; a loop does the same in one. */
const LINES = 4;

/** How to try a read-write import with everything that is written going to files: the devices stay as they are. */
export function beforeWriting(page: Page, { recommendation }: PoolEntry): string[] {
  const overlay = recommendation?.overlay;
  if (overlay === undefined) return [];
  const { plain, copies, deviceMapper, deviceMapperLoop, commandReadWrite, undo } = overlay;
  const { dim, strong } = page.style;
  const copied = deviceMapper.length === 0;
  const overlays = deviceMapperLoop === null ? deviceMapper : [deviceMapperLoop];
  const all = [...copies, ...overlays];
  const shown = all.slice(0, LINES);
  const left = all.length > LINES;
  const line = (text: string) => dim(`    ${shellText(page, text)}`);
  return [
    strong('Before you write'),
    ...paragraph(
      page,
      'The way that does not endanger the originals: overlays from which a plain import loads that txg at once, without a look at the whole pool first.',
    ),
    line(shellCommand(plain)),
    ...paragraph(
      page,
      copied
        ? 'Or the commands above on copies, as root: what was a file has to stay one.'
        : copies.length > 0
          ? 'Or the commands above on overlays and copies, as root: all that is written goes to files in /var/tmp.'
          : 'Or the commands above on overlays, as root: all that is written goes to files in /var/tmp, nothing to the devices.',
    ),
    ...shown.map(line),
    ...(left ? paragraph(page, 'The same for each further device: --json has all lines.') : []),
    line(shellCommand(commandReadWrite)),
    ...paragraph(page, 'When done:'),
    ...(recommendation?.steps.find(({ kind }) => kind === 'export')?.lines ?? []).map(line),
    line(undo),
  ];
}
