import { toolInfo } from '../api/toolInfo.ts';
import { type Addon, loadAddon } from '../node/addon.ts';
import { chooseEngine } from '../node/engine.ts';
import { commandLine } from '../node/systemPath.ts';
import type { Library } from './library.ts';

/**
 * The library on this machine: its files and devices, its fastest engine. A call loads what it needs, and no more.
 *
 * @param load how to get the addon where it does not lie beside the program
 */
export function nodeLibrary(load: () => Addon = loadAddon): Library {
  const engine = chooseEngine({ load });
  return {
    scan: async (sources, options) => (await import('../api/scan.ts')).scan(sources, { ...options, engine }),
    writeReport: async (file, sources, make, options) =>
      (await import('../api/report.ts')).writeReport(file, sources, make, { commandLine: commandLine(), ...options }),
    readScan: async (file) => (await import('../api/report.ts')).readScan(file),
    systemDisks: async () => (await import('../node/rawDisk.ts')).systemDisks(),
    verify: async (sources, txg, options) =>
      (await import('../api/verify.ts')).verify(sources, txg, { ...options, engine }),
    overlay: async (sources, options) => (await import('../api/overlay.ts')).overlay(sources, { ...options, engine }),
    labels: async (sources, options) =>
      (await import('../api/surveyDocuments.ts')).labels(sources, { ...options, engine }),
    ring: async (sources, options) => (await import('../api/surveyDocuments.ts')).ring(sources, { ...options, engine }),
    datasets: async (sources, options) =>
      (await import('../api/datasets.ts')).datasets(sources, { ...options, engine }),
    snapshots: async (sources, options) =>
      (await import('../api/datasets.ts')).snapshots(sources, { ...options, engine }),
    openHistory: async (sources, options) =>
      (await import('../api/streams.ts')).openHistory(sources, { ...options, engine }),
    openObject: async (sources, place, options) =>
      (await import('../api/streams.ts')).openObject(sources, place, { ...options, engine }),
    block: async (sources, address, options) =>
      (await import('../api/block.ts')).block(sources, address, { ...options, engine }),
    timeline: async (sources, options) =>
      (await import('../api/timeline.ts')).timeline(sources, { ...options, engine }),
    explain: async (text, sources, options) =>
      (await import('../api/explain.ts')).explain(text, sources, { ...options, engine }),
    writeBundle: async (sources, file, options) =>
      (await import('../api/bundle.ts')).writeBundle(sources, file, { ...options, commandLine: commandLine(), engine }),
    checkBundles: async (files, options) =>
      (await import('../api/bundle.ts')).checkBundles(files, { ...options, engine }),
    carve: async (sources, options) => (await import('../api/carve.ts')).carve(sources, { ...options, engine }),
    tool: async () => ({ ...toolInfo(engine), passedOver: engine.info.passedOver }),
  };
}
