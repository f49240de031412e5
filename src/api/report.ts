import { brotliDecompressSync } from 'node:zlib';
import { ASSETS } from '#page-assets';
import { LimitError } from '../bytes/errors.ts';
import { shellCommand } from '../bytes/shellWord.ts';
import { readScanDocument, type Schema } from '../document/readScanDocument.ts';
import type { ScanDocument } from '../document/scanDocument.ts';
import { openFileSource } from '../node/fileSource.ts';
import { newFile } from '../node/newFile.ts';
import { refuseOnSources } from '../node/outputIs.ts';
import { reportPage } from '../page/reportPage.ts';

export interface ReportAssets {
  readonly script: string;
  readonly style: string;
  readonly scanSchema: string;
}

/** Few runs need them, and packed they are a third of their size. */
export const reportAssets = (): ReportAssets =>
  JSON.parse(brotliDecompressSync(Buffer.from(ASSETS, 'base64')).toString());

export interface ReportOptions {
  /** What `scan` was asked for: the only pool. */
  readonly pool?: string | null | undefined;
  /** The words after the program's name that made the document; null where nothing tells. */
  readonly commandLine?: readonly string[] | null | undefined;
  /** When the document was made, in seconds since 1970; null where nothing tells. */
  readonly scannedAt?: number | null | undefined;
}

/**
 * Writes the report of a scan as one page of HTML, which loads nothing.
 *
 * @param file that is not there yet; it is there when all of it is written, or not at all
 * @param sources specs of what the scan reads: the file must not lie on one
 * @param scan makes the document, once it is certain that the file can be begun
 * @returns the document
 * @throws UsageError when the file is there already or lies on a source; OutputError when it cannot be written; what `scan`
 *   throws
 */
export async function writeReport(
  file: string,
  sources: readonly string[],
  scan: () => Promise<ScanDocument>,
  { pool = null, commandLine = null, scannedAt = null }: ReportOptions = {},
): Promise<ScanDocument> {
  refuseOnSources(file, sources);
  const output = await newFile(file);
  try {
    const document = await scan();
    const page = reportPage(document, reportAssets(), {
      pool,
      commandLine: commandLine && shellCommand(['zfs-uber', ...commandLine]),
      scannedAt,
      pageAt: Math.floor(Date.now() / 1000),
    });
    await output.write(new TextEncoder().encode(page));
    await output.commit();
    return document;
  } finally {
    await output.abandon();
  }
}

/**
 * What `scan --json` has left in a file.
 *
 * @throws SourceError when it cannot be read; LimitError when it is too large; FormatError when it is something else
 */
export async function readScan(file: string): Promise<ScanDocument> {
  const schema: Schema = JSON.parse(reportAssets().scanSchema);
  return readScanDocument(await textOf(file), schema, file);
}

/** Larger than the document of any pool that could be judged. */
const LARGEST = 512 * 1024 * 1024;

async function textOf(file: string): Promise<string> {
  const source = await openFileSource(file);
  try {
    const { size } = source;
    if (size > LARGEST)
      throw new LimitError(`${size} bytes: more than a document has (${LARGEST})`, {
        source: file,
        offset: 0,
        path: [],
      });
    return new TextDecoder().decode(await source.read(0, size));
  } finally {
    await source.close();
  }
}
