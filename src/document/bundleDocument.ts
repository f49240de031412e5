import type { BundledDisk, BundleManifest } from '../source/bundle/manifest.ts';
import { hexText } from './nvlistJson.ts';
import type { DocumentError, ToolInfo } from './parts.types.ts';
import type { SourceHead } from './source.types.ts';
import { describeSource, type SourceDescription } from './sourceEntry.ts';

/** `bundle --json`: what was written. */
export interface BundleDocument {
  readonly schema: 'zfs-uber/bundle/1';
  /** Ended by a signal: the bundle lacks what was not read by then. */
  readonly stopped: boolean;
  readonly tool: ToolInfo;
  readonly file: string;
  readonly sizeBytes: string;
  /** Of the whole file, in hexadecimal, as `sha256sum` gives it: note it down apart from the file. */
  readonly sha256: string;
  /** Bytes of the devices that are in it. */
  readonly keptBytes: string;
  readonly startedAt: string;
  readonly finishedAt: string;
  readonly sources: readonly SourceHead[];
  readonly pools: readonly { readonly name: string | null; readonly guid: string }[];
}

export interface BundleFacts {
  readonly tool: ToolInfo;
  readonly file: string;
  readonly size: number;
  readonly sha256: Uint8Array;
  readonly kept: number;
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
    startedAt,
    finishedAt,
    sources: facts.sources.map(describeSource),
    pools,
  };
}

/** `bundle --check --json`: whether bundles are what was written, and by whom. */
export interface BundleCheckDocument {
  readonly schema: 'zfs-uber/bundle-check/1';
  readonly tool: ToolInfo;
  /** Ended by a signal: bundles that had no turn have the error `stopped`. */
  readonly stopped: boolean;
  readonly bundles: readonly BundleCheckEntry[];
}

export interface BundleCheckEntry {
  readonly file: string;
  /** Every byte is what was written. */
  readonly whole: boolean;
  /** Why not, the first that was met; null where it is whole. */
  readonly error: DocumentError | null;
  /** Of the file as it is, as `sha256sum` gives it; null when it could not be read whole. */
  readonly sha256: string | null;
  readonly frames: number;
  /** Numbers of the frames that are not what was written. */
  readonly damagedFrames: readonly number[];
  /** What the bundle says of itself; null when that cannot be read. */
  readonly about: BundleAbout | null;
}

export interface BundleAbout {
  readonly tool: BundleManifest['tool'];
  readonly startedAt: string;
  readonly finishedAt: string;
  readonly commandLine: readonly string[] | null;
  readonly stopped: boolean;
  readonly disks: readonly BundleDiskEntry[];
}

export interface BundleDiskEntry {
  readonly path: string;
  readonly absolutePath: string;
  readonly sizeBytes: string;
  readonly block: boolean;
  readonly identity: BundledDisk['identity'];
  /** Why it could not be opened when the bundle was made; else with what it went away. */
  readonly error: DocumentError | null;
}

export function bundleAbout({ tool, disks, errors, ...manifest }: BundleManifest): BundleAbout {
  const { startedAt, finishedAt, commandLine, stopped } = manifest;
  return {
    tool,
    startedAt,
    finishedAt,
    commandLine,
    stopped,
    disks: disks.map(({ path, absolutePath, size, block, identity, failure, gone }): BundleDiskEntry => {
      const { code, message } = errors[failure ?? gone ?? -1] ?? { code: null, message: '' };
      const error = code === null ? null : { code, message };
      return { path, absolutePath, sizeBytes: size.toString(), block, identity, error };
    }),
  };
}
