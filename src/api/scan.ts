import type { Engine } from '../block/engine.ts';
import { chooseEngine } from '../node/engine.ts';
import type { Pool } from '../pool/pool.ts';
import type { DeviceSurvey } from '../pool/survey.ts';
import type { Depth, ScanDocument } from '../report/document.ts';
import { buildScanDocument } from '../report/scanDocument.ts';
import type { ImportPlace } from '../rewind/commands.ts';
import { scanPools } from '../rewind/scanPools.ts';
import { describeOpened } from './describeOpened.ts';
import type { Progress } from './progress.ts';
import { closeSources, type SurveyedSource, surveyDevices } from './surveyDevices.ts';
import { toolInfo } from './toolInfo.ts';

export interface ScanOptions {
  /** How far each txg is checked. Default: `meta`. */
  readonly depth?: Depth | undefined;
  /** Name or guid of the one pool to judge; null for all. */
  readonly pool?: string | null | undefined;
  readonly minTxg?: bigint | null | undefined;
  readonly maxTxg?: bigint | null | undefined;
  readonly progress?: ((progress: Progress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Default: the fastest one that works here. */
  readonly engine?: Engine | undefined;
}

/**
 * The main job: reads labels and rings of every source, assembles the pools, judges what each can be rewound to.
 * Sources are opened read-only and closed before this returns.
 *
 * @param specs paths of devices, images and directories, `path@OFFSET[+LENGTH]`
 * @returns the document of `scan --json`; what could not be read is in it
 * @throws UsageError when a spec or an option makes no sense; the reason of `signal` when it is aborted
 */
export async function scan(specs: readonly string[], options: ScanOptions = {}): Promise<ScanDocument> {
  const { depth = 'meta', pool = null, minTxg = null, maxTxg = null, progress, signal } = options;
  const engine = options.engine ?? chooseEngine();
  const surveyed = await surveyDevices(specs, { engine, progress, signal });
  try {
    const places = new Map(surveyed.flatMap(({ opened, survey }) => (survey ? [[survey, placeOf(opened)]] : [])));
    const openBlocks = depth === 'labels' ? null : (await import('../pool/blockReader.ts')).openBlockReader;
    const openReader = ({ root }: Pool) => (root === null ? null : (openBlocks?.(root, { engine }) ?? null));
    const found = await scanPools(
      surveyed.flatMap(({ survey }) => survey ?? []),
      openReader,
      {
        depth,
        only: pool,
        minTxg,
        maxTxg,
        ...(openBlocks === null
          ? {}
          : { blocks: { engine, open: (root, more) => openBlocks(root, { engine, ...more }) } }),
        placeOf: (device: DeviceSurvey) => places.get(device) ?? null,
        ...(signal === undefined ? {} : { signal }),
        ...(progress === undefined
          ? {}
          : { onProgress: (done: number, total: number) => progress({ phase: 'checking txgs', done, total }) }),
      },
    );
    const sources = surveyed.map(({ opened, survey }) => ({ source: describeOpened(opened), survey }));
    return buildScanDocument({ tool: toolInfo(engine), depth, sources, found });
  } finally {
    await closeSources(surveyed);
  }
}

/** What `zpool import` can be pointed at: not a partition or a slice of an image file. */
function placeOf({ path, kind, offset, partition }: SurveyedSource['opened']): ImportPlace | null {
  if (kind === 'block') return { path, kind: 'block' };
  return offset === 0 && partition === null ? { path, kind: 'file' } : null;
}
