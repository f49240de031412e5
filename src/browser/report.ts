import type { ScanDocument } from '../document/scanDocument.ts';

/** What every page of a report does when it is loaded; without it the page says the same, and stands still. */
function start(): void {
  const text = document.getElementById('document')?.textContent ?? '';
  const scan: ScanDocument = JSON.parse(text);
  console.assert(scan.schema === 'zfs-uber/scan/1');
}

start();
