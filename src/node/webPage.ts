import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { UnsupportedError } from '../bytes/errors.ts';

/** Beside the program, or where building puts it beside src/. */
const PLACES = ['./web/index.html.br', '../../dist/web/index.html.br'];

/**
 * The page that scans in a browser, as Brotli. An executable has it in itself (bin/executable.js).
 *
 * @throws UnsupportedError where it is not beside the program
 */
export function packedPage(): Uint8Array {
  for (const place of PLACES) {
    try {
      return readFileSync(fileURLToPath(new URL(place, import.meta.url)));
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
    }
  }
  throw new UnsupportedError('the page is not beside this program: dist/web/index.html.br of the package', null);
}
