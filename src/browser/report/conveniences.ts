import { documentParts } from '../../document/jsonParts.ts';
import type { ScanDocument } from '../../document/scanDocument.ts';
import { all, element } from './elements.ts';

/** How long a button says that it has copied. */
const SAID = 2000;

export function copyButtons(): void {
  for (const button of all<HTMLButtonElement>('button.copy')) {
    const line = button.parentElement?.querySelector('code')?.textContent ?? '';
    button.hidden = false;
    button.setAttribute('aria-label', `Copy: ${line}`);
    button.addEventListener('click', async () => {
      button.textContent = (await copied(line)) ? 'Copied' : 'Select it by hand';
      setTimeout(() => {
        button.textContent = 'Copy';
      }, SAID);
    });
  }
}

async function copied(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // A page that was opened as a file, or in a frame, may not; the older way asks nobody.
    const area = element('textarea');
    area.value = text;
    document.body.append(area);
    area.select();
    const done = document.execCommand('copy');
    area.remove();
    return done;
  }
}

/** Each time also as it was where the page is read. */
export function localTimes(): void {
  const form = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'long' });
  for (const time of all<HTMLTimeElement>('time')) {
    const date = new Date(time.dateTime);
    if (Number.isNaN(date.getTime())) continue;
    const local = form.format(date);
    time.title = local;
    if (time.closest('#examiner') !== null) time.after(element('span', 'dim', ` (here: ${local})`));
  }
}

/** On paper nothing can be opened. */
export function openForPrint(): void {
  let opened: HTMLDetailsElement[] = [];
  addEventListener('beforeprint', () => {
    opened = all<HTMLDetailsElement>('details:not([open])');
    for (const each of opened) each.open = true;
  });
  addEventListener('afterprint', () => {
    for (const each of opened) each.open = false;
  });
}

/** The document as a file: what scan --json prints. */
export function download(scan: ScanDocument): void {
  for (const button of all<HTMLButtonElement>('[data-download]')) {
    button.hidden = false;
    button.addEventListener('click', () => {
      const url = URL.createObjectURL(new Blob([...documentParts(scan)], { type: 'application/json' }));
      const link = element('a');
      link.href = url;
      link.download = `${(scan.pools[0]?.name ?? 'scan').replace(/[^\w.-]/g, '_')}.json`;
      link.click();
      // The browser reads it after the click.
      setTimeout(() => URL.revokeObjectURL(url), 60_000);
    });
  }
}
