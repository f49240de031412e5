import { printable } from '../bytes/printable.ts';
import { type PageAssets, reportPage } from '../page/reportPage.ts';
import { countText, sizeText } from '../text/amounts.ts';
import { all, element } from './report/elements.ts';
import type { DroppedFile } from './web/droppedFiles.ts';
import { droppedBy } from './web/dropping.ts';
import type { FromWorker, ToWorker } from './web/messages.ts';
import { servedSources } from './web/servedFiles.ts';

/** A text that building the page puts into it; null where `zfs-uber web` has it. */
const built = (id: string): string | null => JSON.parse(document.getElementById(id)?.textContent ?? 'null');

function find<T extends HTMLElement>(id: string, kind: abstract new () => T): T {
  const found = document.getElementById(id);
  if (!(found instanceof kind)) throw new Error(`the page lacks ${id}`);
  return found;
}

const status = find('status', HTMLElement);
const list = find('files', HTMLUListElement);
const start = find('scan', HTMLButtonElement);
const stop = find('stop', HTMLButtonElement);
const save = find('save', HTMLButtonElement);
const bar = find('progress', HTMLProgressElement);
const report = find('report', HTMLIFrameElement);

let files: DroppedFile[] = [];
/** What `zfs-uber web` was given. */
let served: readonly string[] = [];
let worker: Worker | null = null;
let page: string | null = null;

/** Another file of the same path takes the place of the first. */
function take(more: readonly DroppedFile[]): void {
  const byPath = new Map([...files, ...more].map((file) => [file.path, file] as const));
  files = [...byPath.values()];
  const lines = files.length === 0 ? served : files.map(({ path, blob }) => `${path} (${sizeText(blob.size)})`);
  list.replaceChildren(...lines.map((line) => element('li', '', line)));
  start.disabled = files.length + served.length === 0;
  status.textContent =
    files.length === 0 ? '' : `${countText(files.length, 'file')}: nothing of them leaves this page.`;
}

for (const input of all<HTMLInputElement>('input[type=file]')) {
  input.addEventListener('change', () => {
    take([...(input.files ?? [])].map((file) => ({ path: file.webkitRelativePath || file.name, blob: file })));
    input.value = '';
  });
}
addEventListener('dragover', (event) => event.preventDefault());
addEventListener('drop', async (event) => {
  event.preventDefault();
  if (event.dataTransfer === null) return;
  try {
    take(await droppedBy(event.dataTransfer));
  } catch {
    status.textContent = 'This browser does not let the page read what was dropped: choose it with the buttons.';
  }
});
find('clear', HTMLButtonElement).addEventListener('click', () => {
  files = [];
  take([]);
});

function newWorker(): Worker {
  const script = built('worker');
  if (script === null) return new Worker(new URL('modules/webWorker.js', location.href), { type: 'module' });
  const url = URL.createObjectURL(new Blob([script], { type: 'text/javascript' }));
  const made = new Worker(url);
  URL.revokeObjectURL(url);
  return made;
}

async function reportAssets(): Promise<PageAssets> {
  const [script, style] = [built('report-script'), built('report-style')];
  return script === null || style === null ? (await fetch(new URL('report', location.href))).json() : { script, style };
}

start.addEventListener('click', () => {
  worker?.terminate();
  worker = newWorker();
  worker.addEventListener('message', ({ data }: MessageEvent<FromWorker>) => hear(data));
  worker.addEventListener('error', ({ message }) => ended(`This is a bug: ${message}`));
  ask({
    what: 'scan',
    files,
    sources: files.length === 0 ? served : [...new Set(files.map(({ path }) => path.split('/')[0] ?? path))],
    served: files.length === 0 ? location.href : null,
    depth: find('depth', HTMLSelectElement).value === 'mos' ? 'mos' : 'meta',
    zfs: find('zfs', HTMLSelectElement).value,
    wasm: built('wasm'),
  });
  start.disabled = true;
  stop.hidden = false;
  bar.hidden = false;
  bar.removeAttribute('value');
});
stop.addEventListener('click', () => ask({ what: 'stop' }));

const ask = (message: ToWorker): void => worker?.postMessage(message);

async function hear(message: FromWorker): Promise<void> {
  switch (message.what) {
    case 'progress': {
      const { phase, done, total, part } = message.progress;
      const share = part ?? done / Math.max(total, 1);
      bar.value = share;
      status.textContent = `${phase}: ${Math.floor(share * 100)} %`;
      return;
    }
    case 'document': {
      const now = Math.floor(Date.now() / 1000);
      const choice = { pool: null, commandLine: null, scannedAt: now, pageAt: now };
      page = reportPage(message.document, await reportAssets(), choice);
      report.srcdoc = page;
      report.hidden = false;
      save.hidden = false;
      ended(
        files.length === 0
          ? 'Done.'
          : 'Done. Commands name the files as they were dropped: run them in the folder that has them.',
      );
      return;
    }
    case 'failed':
      ended(message.message);
  }
}

function ended(said: string): void {
  status.textContent = printable(said);
  start.disabled = false;
  stop.hidden = true;
  bar.hidden = true;
}

save.addEventListener('click', () => {
  const link = element('a');
  link.href = URL.createObjectURL(new Blob([page ?? ''], { type: 'text/html' }));
  link.download = 'zfs-uber-report.html';
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
});

servedSources(location.href).then((sources) => {
  served = sources;
  if (sources.length > 0) take([]);
});
