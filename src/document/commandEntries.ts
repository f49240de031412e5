import { bytesOfFileName, hasRawBytes } from '../bytes/fileName.ts';
import type { ImportCommands } from '../rewind/commands.ts';
import { hexText } from './nvlistJson.ts';
import type { CommandsEntry } from './parts.types.ts';

type Commands = Pick<ImportCommands, 'readOnly' | 'readWrite'>;

/** The commands as the documents have them. */
export const commandEntries = ({ readOnly, readWrite }: Commands): CommandsEntry => ({
  commandReadOnly: readOnly,
  commandReadWrite: readWrite,
  ...(readOnly.some(hasRawBytes) ? { commandReadOnlyBytes: readOnly.map(bytesOf) } : {}),
  ...(readWrite.some(hasRawBytes) ? { commandReadWriteBytes: readWrite.map(bytesOf) } : {}),
});

const bytesOf = (word: string): string => hexText(bytesOfFileName(word));
