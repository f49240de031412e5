import { toolInfo } from '../api/toolInfo.ts';
import { type Addon, loadAddon, type Seen } from '../node/addon.ts';
import { DeviceMedia, type DeviceMediaChoice } from '../node/deviceMedia.ts';
import { chooseEngine } from '../node/engine.ts';
import { FILE_HOST } from '../node/fileHost.ts';
import { handlePool } from '../node/handlePool.ts';
import { withoutSecret } from '../node/network/address.ts';
import { commandLine } from '../node/systemPath.ts';
import type { Library } from './library.ts';

/** The command line as a document or a page may keep it. */
const toldLine = (): string[] => commandLine().map(withoutSecret);

/** What begins the program knows of the addon. */
export interface AddonChoice {
  /** How to get it where it does not lie beside the program. */
  readonly load?: () => Addon;
  readonly seen?: Seen;
}

/**
 * The library on this machine: its files and devices, its fastest engine. A call loads what it needs, and no more.
 *
 * @param media how devices are read that may fail
 */
export function nodeLibrary({ load, seen }: AddonChoice = {}, media: DeviceMediaChoice = {}): Library {
  const engine = chooseEngine({ load: load ?? (() => loadAddon(seen)) });
  const handles = handlePool(FILE_HOST, undefined, new DeviceMedia(media));
  const given = { engine, handles };
  return {
    scan: async (sources, options) => (await import('../api/scan.ts')).scan(sources, { ...options, ...given }),
    writeReport: async (file, sources, make, options) =>
      (await import('../api/report.ts')).writeReport(file, sources, make, { commandLine: toldLine(), ...options }),
    serveWeb: async (sources, options) => (await import('../api/web.ts')).serveWeb(sources, options),
    readScan: async (file) => (await import('../api/report.ts')).readScan(file),
    checkImages: async (sources, options) =>
      (await import('../api/checkImages.ts')).checkImages(sources, { ...options, ...given }),
    systemDisks: async () => (await import('../node/rawDisk.ts')).systemDisks(),
    verify: async (sources, txg, options) =>
      (await import('../api/verify.ts')).verify(sources, txg, { ...options, ...given }),
    overlay: async (sources, options) => (await import('../api/overlay.ts')).overlay(sources, { ...options, ...given }),
    labels: async (sources, options) =>
      (await import('../api/surveyDocuments.ts')).labels(sources, { ...options, ...given }),
    ring: async (sources, options) =>
      (await import('../api/surveyDocuments.ts')).ring(sources, { ...options, ...given }),
    datasets: async (sources, options) =>
      (await import('../api/datasets.ts')).datasets(sources, { ...options, ...given }),
    snapshots: async (sources, options) =>
      (await import('../api/datasets.ts')).snapshots(sources, { ...options, ...given }),
    openHistory: async (sources, options) =>
      (await import('../api/streams.ts')).openHistory(sources, { ...options, ...given }),
    openObject: async (sources, place, options) =>
      (await import('../api/streams.ts')).openObject(sources, place, { ...options, ...given }),
    block: async (sources, address, options) =>
      (await import('../api/block.ts')).block(sources, address, { ...options, ...given }),
    timeline: async (sources, options) =>
      (await import('../api/timeline.ts')).timeline(sources, { ...options, ...given }),
    explain: async (text, sources, options) =>
      (await import('../api/explain.ts')).explain(text, sources, { ...options, ...given }),
    writeBundle: async (sources, file, options) =>
      (await import('../api/bundle.ts')).writeBundle(sources, file, {
        ...options,
        commandLine: toldLine(),
        ...given,
      }),
    checkBundles: async (files, options) =>
      (await import('../api/bundle.ts')).checkBundles(files, { ...options, ...given }),
    carve: async (sources, options) => (await import('../api/carve.ts')).carve(sources, { ...options, ...given }),
    withFailedMaps: async (file, specs, work) =>
      (await import('../api/failedMaps.ts')).withFailedMaps(file, specs, handles, work),
    openLog: async (file, options) =>
      (await import('../api/evidenceLog.ts')).openLog(file, { ...options, commandLine: toldLine(), engine }),
    tool: async () => {
      await engine.prepare?.();
      return { ...toolInfo(engine), passedOver: engine.info.passedOver };
    },
  };
}
