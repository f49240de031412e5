import type { DroppedFile } from './droppedFiles.ts';

/** Files of a folder, and of the folders in it, up to this depth. */
const DEEPEST = 3;

/** Not every browser has it. */
interface HandedItem extends DataTransferItem {
  getAsFileSystemHandle?(): Promise<FileSystemHandle | null>;
}

/** What was dropped: files, and what folders have. @throws DOMException where the browser does not give what a folder has */
export async function droppedBy(transfer: DataTransfer): Promise<DroppedFile[]> {
  // When the event has ended nothing more can be asked of its items.
  const items = [...transfer.items].map((item: HandedItem) => ({
    file: item.getAsFile(),
    entry: item.webkitGetAsEntry(),
    handle: item.getAsFileSystemHandle?.().catch(() => null) ?? null,
  }));
  const found = items.map(async ({ file, entry, handle }) => {
    if (entry === null || entry.isFile) return file === null ? [] : [{ path: file.name, blob: file }];
    // To a page that was opened as a file Chromium gives a folder by its handle alone.
    const folder = await handle;
    return folder !== null && isFolderHandle(folder) ? filesIn(folder, '', 0) : filesOf(entry, '', 0);
  });
  return (await Promise.all(found)).flat();
}

async function filesIn(folder: FileSystemDirectoryHandle, above: string, depth: number): Promise<DroppedFile[]> {
  if (depth >= DEEPEST) return [];
  const path = `${above}${folder.name}/`;
  const found: DroppedFile[] = [];
  for await (const each of folder.values()) {
    if (isFolderHandle(each)) found.push(...(await filesIn(each, path, depth + 1)));
    else if (isFileHandle(each)) found.push({ path: `${path}${each.name}`, blob: await each.getFile() });
  }
  return found;
}

async function filesOf(entry: FileSystemEntry, folder: string, depth: number): Promise<DroppedFile[]> {
  const path = `${folder}${entry.name}`;
  if (isFile(entry)) {
    const blob = await new Promise<File>((resolve, reject) => entry.file(resolve, reject));
    return [{ path, blob }];
  }
  if (!isFolder(entry) || depth >= DEEPEST) return [];
  const reader = entry.createReader();
  const found: FileSystemEntry[] = [];
  for (;;) {
    // It gives so many at a time, and none at the end.
    const more = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (more.length === 0) break;
    found.push(...more);
  }
  return (await Promise.all(found.map((each) => filesOf(each, `${path}/`, depth + 1)))).flat();
}

const isFile = (entry: FileSystemEntry): entry is FileSystemFileEntry => entry.isFile;
const isFolder = (entry: FileSystemEntry): entry is FileSystemDirectoryEntry => entry.isDirectory;
const isFileHandle = (handle: FileSystemHandle): handle is FileSystemFileHandle => handle.kind === 'file';
const isFolderHandle = (handle: FileSystemHandle): handle is FileSystemDirectoryHandle => handle.kind === 'directory';
