import type { DroppedFile } from './droppedFiles.ts';

/** Files of a folder, and of the folders in it, up to this depth. */
const DEEPEST = 3;

/** What was dropped: files, and what folders have. */
export async function droppedBy(transfer: DataTransfer): Promise<DroppedFile[]> {
  const entries = [...transfer.items].flatMap((item) => item.webkitGetAsEntry() ?? []);
  if (entries.length === 0) return [...transfer.files].map((file) => ({ path: file.name, blob: file }));
  return (await Promise.all(entries.map((entry) => filesOf(entry, '', 0)))).flat();
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
