import type { BundledDisk, BundleManifest } from '../source/bundle/manifest.ts';
import { hexText } from './nvlistJson.ts';
import type { DocumentError, ToolInfo } from './parts.types.ts';
import type { SourceHead } from './source.types.ts';
import { describeSource, type SourceDescription } from './sourceEntry.ts';

/** `bundle --json`: what was written. */
export interface BundleDocument {
  /** Name and version of the document. */
  readonly schema: 'zfs-uber/bundle/1';
  /** Ended by a signal: the bundle lacks what was not read by then. */
  readonly stopped: boolean;
  /** What made it. */
  readonly tool: ToolInfo;
  /** Path of the bundle. */
  readonly file: string;
  /** Of the bundle. */
  readonly sizeBytes: string;
  /** Of the whole file, in hexadecimal, as `sha256sum` gives it: note it down apart from the file. */
  readonly sha256: string;
  /** Bytes of the devices that are in it; without names mostly what was answered of blocks, unpacked. */
  readonly keptBytes: string;
  /** Names of datasets, snapshots and files are left out, and the history with them. */
  readonly withoutNames: boolean;
  /** ISO 8601. */
  readonly startedAt: string;
  /** ISO 8601. */
  readonly finishedAt: string;
  /** All that was given. */
  readonly sources: readonly SourceHead[];
  /** Found on them. */
  readonly pools: readonly {
    /** Null where no label decodes. */
    readonly name: string | null;
    /** `0` where no label tells. */
    readonly guid: string;
  }[];
}

export interface BundleFacts {
  readonly tool: ToolInfo;
  readonly file: string;
  readonly size: number;
  readonly sha256: Uint8Array;
  readonly kept: number;
  readonly withoutNames: boolean;
  readonly startedAt: string;
  readonly finishedAt: string;
  readonly stopped: boolean;
  readonly sources: readonly SourceDescription[];
  readonly pools: BundleDocument['pools'];
}

export function buildBundleDocument(facts: BundleFacts): BundleDocument {
  const { stopped, tool, file, startedAt, finishedAt, pools } = facts;
  return {
    schema: 'zfs-uber/bundle/1',
    stopped,
    tool,
    file,
    sizeBytes: facts.size.toString(),
    sha256: hexText(facts.sha256),
    keptBytes: facts.kept.toString(),
    withoutNames: facts.withoutNames,
    startedAt,
    finishedAt,
    sources: facts.sources.map(describeSource),
    pools,
  };
}

/** `bundle --check --json`: whether bundles are what was written, and by whom. */
export interface BundleCheckDocument {
  /** Name and version of the document. */
  readonly schema: 'zfs-uber/bundle-check/1';
  /** What made it. */
  readonly tool: ToolInfo;
  /** Ended by a signal: bundles that had no turn have the error `stopped`. */
  readonly stopped: boolean;
  /** One per file that was given. */
  readonly bundles: readonly BundleCheckEntry[];
}

export interface BundleCheckEntry {
  /** Its path. */
  readonly file: string;
  /** Every byte is what was written. */
  readonly whole: boolean;
  /** Why not, the first that was met; null where it is whole. */
  readonly error: DocumentError | null;
  /** Of the file as it is, as `sha256sum` gives it; null when it could not be read whole. */
  readonly sha256: string | null;
  /** So many parts it has. */
  readonly frames: number;
  /** Numbers of the frames that are not what was written. */
  readonly damagedFrames: readonly number[];
  /** What the bundle says of itself; null when that cannot be read. */
  readonly about: BundleAbout | null;
}

export interface BundleAbout {
  /** What made the bundle. */
  readonly tool: BundleManifest['tool'];
  /** ISO 8601. */
  readonly startedAt: string;
  /** ISO 8601. */
  readonly finishedAt: string;
  /** Words after the program's name; null where a program made it. */
  readonly commandLine: readonly string[] | null;
  /** It lacks what was not read by then. */
  readonly stopped: boolean;
  /** It lacks names of datasets, snapshots and files, and the history. */
  readonly withoutNames: boolean;
  /** All that was given. */
  readonly disks: readonly BundleDiskEntry[];
}

export interface BundleDiskEntry {
  /** As given, or the path of the file inside a given directory. */
  readonly path: string;
  /** On the host where the bundle was made. */
  readonly absolutePath: string;
  /** Of the file or device. */
  readonly sizeBytes: string;
  /** It was a block device. */
  readonly block: boolean;
  /** What the system said of the device; null where it was not asked. */
  readonly identity: BundledDisk['identity'];
  /** Why it could not be opened when the bundle was made; else with what it went away. */
  readonly error: DocumentError | null;
}

export function bundleAbout({ tool, disks, errors, ...manifest }: BundleManifest): BundleAbout {
  const { startedAt, finishedAt, commandLine, stopped, withoutNames } = manifest;
  return {
    tool,
    startedAt,
    finishedAt,
    commandLine,
    stopped,
    withoutNames,
    disks: disks.map(({ path, absolutePath, size, block, identity, failure, gone }): BundleDiskEntry => {
      const { code, message } = errors[failure ?? gone ?? -1] ?? { code: null, message: '' };
      const error = code === null ? null : { code, message };
      return { path, absolutePath, sizeBytes: size.toString(), block, identity, error };
    }),
  };
}
