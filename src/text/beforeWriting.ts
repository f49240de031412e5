import type { PoolEntry } from '../document/document.ts';
import { shellCommand } from '../document/shell/shellWord.ts';
import { clean, type Page, paragraph } from './page.ts';

/** Lines that are shown; a loop does the same in one. */
const LINES = 4;

/** How to try a read-write import with everything that is written going to files: the devices stay as they are. */
export function beforeWriting(page: Page, { recommendation }: PoolEntry): string[] {
  const overlay = recommendation?.overlay;
  if (overlay === undefined) return [];
  const { copies, deviceMapper, deviceMapperLoop, commandReadWrite, undo } = overlay;
  const { dim, strong } = page.style;
  const copied = copies.length > 0;
  const shown = copied
    ? copies
    : deviceMapper.length > 2 && deviceMapperLoop !== null
      ? [deviceMapperLoop]
      : deviceMapper.slice(0, LINES);
  const left = shown.length > 1 && deviceMapper.length > LINES;
  const line = (text: string) => dim(`    ${text}`);
  return [
    strong('Before you write'),
    ...paragraph(
      page,
      copied
        ? 'Try it on copies, as root: what was a file has to stay one.'
        : 'Try it on overlays, as root: all that is written goes to files in /var/tmp, nothing to the devices.',
    ),
    ...shown.map((each) => line(clean(page, each))),
    ...(left ? paragraph(page, 'The same for each further device: --json has the lines.') : []),
    line(shellCommand(commandReadWrite, page.unicode)),
    ...paragraph(page, 'When done, after zpool export:'),
    line(clean(page, undo)),
  ];
}
