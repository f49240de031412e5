import type { Progress } from '../../api/progress.ts';
import type { ScanDocument } from '../../document/scanDocument.ts';
import type { Depth } from '../../rewind/judgement.ts';
import type { DroppedFile } from './droppedFiles.ts';

/** What the page asks of its worker. */
export type ToWorker =
  | {
      readonly what: 'scan';
      readonly files: readonly DroppedFile[];
      /** What of them to scan: files, and folders of files. */
      readonly sources: readonly string[];
      /** Address of the service that has the sources; null where they are among `files`. */
      readonly served: string | null;
      readonly depth: Depth;
      readonly zfs: string;
      /** `zfs-uber.wasm` in base64, nothing where the page was built without; null where its service has it. */
      readonly wasm: string | null;
    }
  | { readonly what: 'stop' };

/** What the worker says. */
export type FromWorker =
  | { readonly what: 'progress'; readonly progress: Progress }
  | { readonly what: 'document'; readonly document: ScanDocument }
  | { readonly what: 'failed'; readonly message: string };
