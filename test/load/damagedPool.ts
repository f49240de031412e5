import { BlockCache } from '../../src/dataset/blockCache.ts';
import { BONUS, decodeBonus } from '../../src/dataset/bonus.ts';
import { Dsl } from '../../src/dataset/dsl.ts';
import { Mos } from '../../src/dataset/mos.ts';
import type { DmuObject } from '../../src/dataset/object.ts';
import type { OpenBlocks } from '../../src/dataset/poolReaders.ts';
import type { Blkptr } from '../../src/format/blkptr.ts';
import { decodeDslDataset } from '../../src/format/dslDataset.ts';
import { collectCandidates } from '../../src/load/candidates.ts';
import { chooseEngine } from '../../src/node/engine.ts';
import { openFileSource } from '../../src/node/fileSource.ts';
import { assemblePools } from '../../src/pool/assemblePools.ts';
import { openBlockReader } from '../../src/pool/blockReader.ts';
import type { VdevNode } from '../../src/pool/pool.ts';
import { surveyDevice } from '../../src/pool/surveyDevice.ts';
import { LABEL_START } from '../../src/pool/vdevLeaf.ts';
import type { Evidence } from '../../src/rewind/findings/finding.ts';
import type { JudgedCandidate } from '../../src/rewind/judgedCandidate.ts';
import type { Depth } from '../../src/rewind/judgement.ts';
import { scanPools } from '../../src/rewind/scanPools.ts';
import type { ByteSource } from '../../src/source/source.ts';
import { type PoolFixture, poolImages } from '../tools/images.ts';

const engine = chooseEngine();

interface Range {
  readonly offset: number;
  readonly length: number;
}

/** A pool of single disks that real ZFS wrote, which can be damaged at will without a byte of the images changing. */
export class DamagedPool {
  readonly #sources: readonly ByteSource[];
  readonly #damage: Range[][];
  readonly #close: () => Promise<unknown>;

  private constructor(sources: readonly (ByteSource & { close(): Promise<void> })[]) {
    this.#damage = sources.map(() => []);
    this.#close = () => Promise.all(sources.map((source) => source.close()));
    this.#sources = sources.map((source, i) => ({
      name: source.name,
      size: source.size,
      read: async (offset: number, length: number, signal?: AbortSignal) => {
        const bytes = new Uint8Array(await source.read(offset, length, signal));
        for (const range of this.#damage[i] ?? []) flip(bytes, range.offset - offset, range.length);
        return bytes;
      },
    }));
  }

  static async open(fixture: PoolFixture): Promise<DamagedPool> {
    return new DamagedPool(await Promise.all((await poolImages(fixture)).map((path) => openFileSource(path))));
  }

  close(): Promise<unknown> {
    return this.#close();
  }

  /** Damages every copy of all content of the object of the MOS at `txg` that `find` gives. */
  async damageContent(txg: bigint, find: (mos: Mos) => Promise<DmuObject>): Promise<void> {
    const object = await find(await this.#mos(txg));
    for await (const { bp, level } of object.pointers()) if (level === 0) this.lose(bp);
  }

  /** The same for the object set of the dataset with that number. */
  async damageObjset(txg: bigint, dataset: bigint): Promise<void> {
    const object = await (await this.#mos(txg)).object(dataset);
    this.lose(decodeBonus(object, BONUS.dslDataset, decodeDslDataset).bp);
  }

  /** The blocks of dnodes of the MOS at `txg`. */
  async dnodeBlocks(txg: bigint): Promise<readonly Blkptr[]> {
    const blocks: Blkptr[] = [];
    for await (const { bp, level } of (await this.#mos(txg)).objset.metaObject.pointers()) {
      if (level === 0) blocks.push(bp);
    }
    return blocks;
  }

  /** Numbers of the heads at `txg`. */
  async heads(txg: bigint): Promise<readonly bigint[]> {
    const heads: bigint[] = [];
    for await (const { object } of new Dsl(await this.#mos(txg), 'tank').datasets({ onTrouble: () => {} }))
      heads.push(object.id);
    return heads;
  }

  /** Undoes all damage. */
  mend(): void {
    for (const ranges of this.#damage) ranges.length = 0;
  }

  lose(bp: Blkptr): void {
    if (bp.embedded) return;
    for (const { vdev, offset } of bp.dvas) {
      this.#damage[vdev]?.push({ offset: Number(offset) * 512 + LABEL_START, length: bp.psize });
    }
  }

  /** The only candidate of that txg, judged. */
  async judge(txg: bigint, depth: Depth = 'mos'): Promise<JudgedCandidate> {
    const [judged] = (await this.#judgement(depth, txg)).candidates;
    if (judged === undefined) throw new Error(`no candidate of txg ${txg}`);
    return judged;
  }

  /** All candidates, judged together. */
  async judgeAll(depth: Depth = 'mos'): Promise<readonly JudgedCandidate[]> {
    return (await this.#judgement(depth)).candidates;
  }

  /** Those of all candidates, newest first. */
  async txgs(): Promise<readonly bigint[]> {
    const [pool] = assemblePools(await this.#survey()).pools;
    return pool === undefined ? [] : collectCandidates(pool).map(({ txg }) => txg);
  }

  /** What is found where that candidate alone is judged. */
  async findings(txg: bigint, depth: Depth): Promise<string[]> {
    return (await this.#judgement(depth, txg)).findings.map(({ code }) => code);
  }

  /** What findings are drawn from, where nothing was judged. */
  async evidence(): Promise<Evidence> {
    const [pool] = assemblePools(await this.#survey()).pools;
    if (pool === undefined) throw new Error('no pool');
    const nothing = {
      judged: [],
      best: null,
      stopped: [],
      cut: null,
      overlaps: [],
      facts: null,
      checkpoint: null,
      placeOf: () => null,
    };
    return { pool, candidates: collectCandidates(pool), ...nothing };
  }

  async #judgement(depth: Depth, txg?: bigint) {
    const devices = await this.#survey();
    const open: OpenBlocks = (root, more) => openBlockReader(root, { engine, ...more });
    const reader = (root: VdevNode | null) => (root === null ? null : openBlockReader(root, { engine }));
    const options = { depth, ...(txg && { minTxg: txg, maxTxg: txg }), blocks: { engine, open } };
    const { judgements } = await scanPools(devices, ({ root }) => reader(root), options);
    const [judgement] = judgements;
    if (judgement === undefined) throw new Error('no pool');
    return judgement;
  }

  #survey() {
    return Promise.all(this.#sources.map((source) => surveyDevice(source, engine)));
  }

  async #mos(txg: bigint): Promise<Mos> {
    const [pool] = assemblePools(await this.#survey()).pools;
    const candidate = pool && collectCandidates(pool).find((each) => each.txg === txg);
    if (pool?.root == null || candidate === undefined) throw new Error(`no candidate of txg ${txg}`);
    return Mos.open(new BlockCache(openBlockReader(pool.root, { engine })), candidate.uberblock.rootbp);
  }
}

function flip(bytes: Uint8Array, from: number, length: number): void {
  for (let at = Math.max(0, from); at < Math.min(bytes.length, from + length); at++)
    bytes[at] = (bytes[at] ?? 0) ^ 0xff;
}
