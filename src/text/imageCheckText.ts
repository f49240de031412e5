import type { ImageCheckDocument, ImageCheckEntry } from '../document/imageCheckDocument.ts';
import { sizeText } from './amounts.ts';
import { clean, entry, type Page, paragraph } from './page.ts';
import { joinBlocks } from './viewHeadText.ts';

/** The report of `verify --image`. */
export const imageCheckText = (page: Page, { images }: ImageCheckDocument): string =>
  joinBlocks(images.map((each) => checkLines(page, each)));

const NAMES = { md5: 'MD5', sha1: 'SHA-1' } as const;

function checkLines(page: Page, { path, sizeBytes, whole, error, hashes }: ImageCheckEntry): string[] {
  const { good, warn, bad } = page.style;
  const name = clean(page, path);
  if (whole === null)
    return paragraph(page, `${name}: it keeps no hash of its bytes, so there is nothing to compare.`, warn);
  const says = whole
    ? paragraph(page, `${name}: all ${sizeText(sizeBytes)} are what was read when the image was made.`, good)
    : paragraph(
        page,
        `${name}: not what was read when it was made. ${clean(page, error?.message ?? '')}`.trimEnd(),
        bad,
      );
  return [
    ...says,
    ...hashes.flatMap(({ algorithm, kept, computed }) =>
      kept === computed
        ? entry(page, NAMES[algorithm], kept)
        : entry(page, NAMES[algorithm], `kept ${kept}, found ${computed ?? 'none: it could not be read whole'}`, bad),
    ),
  ];
}
