import { randomBytes } from 'node:crypto';
import type { Engine } from '../block/engine.ts';
import { loadFramePacker } from '../block/zstdFrames.ts';
import { StoppedError, UsageError, ZfsUberError } from '../bytes/errors.ts';
import { unlessStopped } from '../bytes/stopping.ts';
import {
  type BundleCheckDocument,
  type BundleCheckEntry,
  type BundleDocument,
  buildBundleDocument,
  bundleAbout,
} from '../document/bundleDocument.ts';
import { hexText } from '../document/nvlistJson.ts';
import { documentError } from '../document/sourceEntry.ts';
import { newSha256 } from '../node/digest.ts';
import { chooseEngine } from '../node/engine.ts';
import { openFileSource } from '../node/fileSource.ts';
import type { HandlePool } from '../node/handlePool.ts';
import { newFile } from '../node/newFile.ts';
import { refuseOnSources } from '../node/outputIs.ts';
import { SourceRecorder } from '../node/recorder.ts';
import type { SourceSpec } from '../node/target.ts';
import { BundleWriter } from '../source/bundle/bundleWriter.ts';
import { checkBundle as checkFile } from '../source/bundle/checkBundle.ts';
import { describeOpened } from './describeOpened.ts';
import { openPools } from './openPool.ts';
import type { Progress } from './progress.ts';
import { readForBundle } from './readForBundle.ts';
import { toolInfo } from './toolInfo.ts';

export interface BundleOptions {
  /** Names of datasets, snapshots and files are left out, and the history with them. */
  readonly withoutNames?: boolean | undefined;
  /** Also ask the system for model and serial number of each device. */
  readonly withIdentity?: boolean | undefined;
  /** What the bundle says it was made by: the words after the program's name. */
  readonly commandLine?: readonly string[] | undefined;
  readonly progress?: ((progress: Progress) => void) | undefined;
  /** Ends the reading: the bundle then has what was read by then, and says so. */
  readonly signal?: AbortSignal | undefined;
  /** Through which files and devices are opened, and how what fails is read. Default: the system, with care. */
  readonly handles?: HandlePool | undefined;
  readonly engine?: Engine | undefined;
}

/** Bytes of what names are hidden with. */
const SECRET = 32;

/**
 * Writes into one file what it takes to say the same of the sources elsewhere: labels, rings, and every metadata block
 * that the judging of all txgs of the rings reads. No data of files but what is so small that ZFS keeps it in metadata.
 *
 * @param sources paths of devices, images and directories, `path@OFFSET[+LENGTH]`, addresses on a network, sources
 * @param file that is not there yet; it is there when all of it is written, or not at all
 * @returns the document of `bundle --json`
 * @throws UsageError when the file is there already or lies on a source, a source is a bundle itself, or a path makes no sense; OutputError when
 *   the file cannot be written
 */
export async function writeBundle(
  sources: readonly SourceSpec[],
  file: string,
  options: BundleOptions = {},
): Promise<BundleDocument> {
  const { withoutNames = false, withIdentity = false, commandLine = null, progress, signal, handles } = options;
  const engine = options.engine ?? chooseEngine();
  const startedAt = new Date().toISOString();
  const pack = await loadFramePacker();
  refuseOnSources(file, sources);
  const output = await newFile(file);
  try {
    const secret = withoutNames ? new Uint8Array(randomBytes(SECRET)) : null;
    const writer = new BundleWriter({ write: (part) => output.write(part), pack, newDigest: newSha256, secret });
    const recorder = new SourceRecorder(writer, withIdentity);
    const opened = await openPools(sources, {
      ...{ engine, progress, signal, handles, recorder },
      // They name datasets.
      bootEnvironments: !withoutNames,
    });
    writer.keepOnlyAnswers();
    try {
      await unlessStopped(
        signal,
        () => readForBundle(opened, { engine, progress, signal }),
        () => undefined,
      );
    } finally {
      await opened.close();
    }
    const stopped = signal?.aborted ?? false;
    const finishedAt = new Date().toISOString();
    const { name, version } = toolInfo(engine);
    const { withoutSecret } = await import('../node/network/address.ts');
    const words = commandLine?.map(withoutSecret) ?? null;
    const about = { tool: { name, version }, startedAt, finishedAt, commandLine: words, stopped };
    const totals = await writer.finish(about);
    await output.commit();
    return buildBundleDocument({
      ...totals,
      ...about,
      tool: toolInfo(engine),
      file,
      withoutNames,
      sources: opened.sources.map((source) => describeOpened(source.opened)),
      pools: opened.pools.map((pool) => ({ name: pool.name, guid: pool.guid.toString() })),
    });
  } finally {
    await output.abandon();
  }
}

export interface CheckOptions {
  readonly progress?: ((progress: Progress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly engine?: Engine | undefined;
}

/**
 * Reads whole bundles and says of each whether it is what was written, by whom, and when.
 *
 * @returns the document of `bundle --check --json`
 */
export async function checkBundles(files: readonly string[], options: CheckOptions = {}): Promise<BundleCheckDocument> {
  const { progress, signal, engine = chooseEngine() } = options;
  const bundles: BundleCheckEntry[] = [];
  for (const [done, file] of files.entries()) {
    progress?.({ phase: 'reading bundles', done, total: files.length });
    bundles.push(
      await unlessStopped(
        signal,
        () => checkOne(file, signal),
        () => unread(file, new StoppedError()),
      ),
    );
  }
  return {
    schema: 'zfs-uber/bundle-check/1',
    tool: toolInfo(engine),
    stopped: signal?.aborted ?? false,
    bundles,
  };
}

async function checkOne(file: string, signal: AbortSignal | undefined): Promise<BundleCheckEntry> {
  try {
    const source = await openFileSource(file);
    try {
      const { error, sha256, frames, damaged, manifest } = await checkFile(source, newSha256, signal);
      return {
        file,
        whole: error === null,
        error: documentError(error),
        sha256: sha256 && hexText(sha256),
        frames,
        damagedFrames: damaged,
        about: manifest && bundleAbout(manifest),
      };
    } finally {
      await source.close();
    }
  } catch (error) {
    if (!(error instanceof ZfsUberError) || error instanceof UsageError) throw error;
    return unread(file, error);
  }
}

const unread = (file: string, error: ZfsUberError): BundleCheckEntry => ({
  file,
  whole: false,
  error: documentError(error),
  sha256: null,
  frames: 0,
  damagedFrames: [],
  about: null,
});
