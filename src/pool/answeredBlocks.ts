import { sha256 } from '../block/sha256.ts';
import { printWords, ZfsUberError } from '../bytes/errors.ts';
import type { Blkptr, Dva } from '../format/blkptr.ts';
import { checksumKind } from '../format/checksumKinds.ts';
import type { Uberblock } from '../format/uberblock.ts';
import {
  type AnswersGiven,
  type AnswersKept,
  type BlockAnswers,
  NotInBundleError,
  SourceError,
} from '../source/source.ts';
import { type Answer, answerFrom, answerText } from './answerText.ts';
import { type BlockRead, type BlockReader, type BlockVerdict, UnavailableBlockError } from './blockRead.ts';
import type { VdevNode } from './pool.ts';
import { leavesOf, MAX_TREE_DEPTH } from './vdevHealth.ts';
import { LABEL_START } from './vdevLeaf.ts';
import { type Aliases, aliases } from './withoutNames/alias.ts';
import { contentWithoutNames } from './withoutNames/content.ts';

/** What decides about a block besides its pointer and the devices. */
export interface AnswerTerms {
  readonly scrub: boolean;
  readonly salt: 'unread' | 'unknown' | 'known';
  /** Where space of removed vdevs went is known. */
  readonly mapped: boolean;
  readonly raidzReflow: Uberblock['raidzReflow'];
  /** Refuses pointers as `inner` does. @returns the copies to read */
  readonly copiesOf: (bp: Blkptr) => readonly Dva[];
}

/** Of the devices of a tree; null where blocks are read and nobody takes note. */
export function answersIn(root: VdevNode): BlockAnswers | null {
  for (const { device } of leavesOf(root)) if (device?.source.answers !== undefined) return device.source.answers;
  return null;
}

export function answeredBlocks(
  root: VdevNode,
  inner: BlockReader,
  answers: BlockAnswers,
  terms: AnswerTerms,
): BlockReader {
  const questions = new Questions(root, terms);
  return 'keep' in answers ? new Noting(inner, answers, questions) : new Answering(inner, answers, questions);
}

type What = 'read' | 'verify';

/** Names what is asked, so that the same is asked where the bundle is. */
class Questions {
  readonly #root: VdevNode;
  readonly #terms: AnswerTerms;
  readonly #trees = new Map<number, string>();

  constructor(root: VdevNode, terms: AnswerTerms) {
    this.#root = root;
    this.#terms = terms;
  }

  /** @returns null for what no device is asked for. @throws FormatError for a pointer that is not followed */
  keyOf(what: What, bp: Blkptr): string | null {
    const dvas = this.#terms.copiesOf(bp);
    if (dvas.length === 0) return null;
    const words = Array.from({ length: 16 }, (_, i) => (OF_THE_BLOCK.has(i) ? bp.word(i).toString(16) : ''));
    const trees = bp.gang ? [this.#treeOf(null)] : dvas.map(({ vdev }) => this.#treeOf(vdev));
    const salt = isSalted(bp) ? this.#terms.salt : '';
    const question = [what, this.#terms.scrub, salt, ...trees, bp.standsInLittleEndian, ...words].join('\n');
    return printWords(sha256(new TextEncoder().encode(question)))
      .replaceAll(':', '')
      .slice(0, 32);
  }

  /** The devices of one top-level vdev; of all where a block can lead to any. */
  #treeOf(vdev: number | null): string {
    const known = this.#trees.get(vdev ?? -1);
    if (known !== undefined) return known;
    const top = vdev === null ? undefined : this.#root.children[vdev];
    const one = top === undefined || top.config.type === 'indirect' ? null : top;
    const tops = one === null ? this.#root.children : [one];
    const { raidzReflow, mapped } = this.#terms;
    const terms = [
      tops.some(({ config }) => config.type === 'raidz') ? `${raidzReflow.offset} ${raidzReflow.state}` : '',
      tops.some(({ config }) => config.type === 'indirect') ? mapped : '',
    ];
    const text = [...terms, ...tops.map((each) => treeText(each))].join('\n');
    this.#trees.set(vdev ?? -1, text);
    return text;
  }

  /** The first device that the block may lie on, and where. */
  placeOf(bp: Blkptr) {
    const [dva] = bp.dvas;
    const top = dva === undefined ? undefined : this.#root.children[dva.vdev];
    const leaf = top && [...leavesOf(top)].find(({ device }) => device !== null);
    const offset = Math.min(Number(dva?.offset ?? 0n) * 512 + LABEL_START, Number.MAX_SAFE_INTEGER);
    return { leaf: leaf?.device?.source ?? null, place: { source: leaf?.device?.source.name ?? '', offset, path: [] } };
  }

  sourceNamed(name: string) {
    for (const { device } of leavesOf(this.#root)) if (device?.source.name === name) return device.source;
    return null;
  }
}

function isSalted(bp: Blkptr): boolean {
  const kind = checksumKind(bp.checksum);
  return kind === 'skein' || kind === 'edonr' || kind === 'blake3';
}

/** Words of a pointer by which its bytes are found and proved; not when who wrote it, nor how much lies below. */
const OF_THE_BLOCK: ReadonlySet<number> = new Set([0, 1, 2, 3, 4, 5, 6, 9, 10, 12, 13, 14, 15]);

function treeText(node: VdevNode, depth = 0): string {
  const { type, nparity, ashift, raidzExpanding, raidzExpandTxgs, draid } = node.config;
  const own = [type, nparity, ashift, raidzExpanding, raidzExpandTxgs.join(), node.device?.source.name ?? ''];
  const below = depth < MAX_TREE_DEPTH ? node.children.map((child) => treeText(child, depth + 1)) : [];
  return `(${JSON.stringify([...own, draid === null ? '' : Object.values(draid).join()])}${below.join('')})`;
}

/** Reads blocks, and has what is left of them without names kept. */
class Noting implements BlockReader {
  readonly #inner: BlockReader;
  readonly #answers: AnswersKept;
  readonly #questions: Questions;
  readonly #aliases: Aliases;

  constructor(inner: BlockReader, answers: AnswersKept, questions: Questions) {
    this.#inner = inner;
    this.#answers = answers;
    this.#questions = questions;
    this.#aliases = aliases(answers.secret);
  }

  read(bp: Blkptr, signal?: AbortSignal): Promise<BlockRead> {
    return this.#noted(
      'read',
      bp,
      () => this.#inner.read(bp, signal),
      ({ bytes }) => contentWithoutNames(bp, bytes, this.#aliases),
    );
  }

  verify(bp: Blkptr, signal?: AbortSignal): Promise<BlockVerdict> {
    return this.#noted(
      'verify',
      bp,
      () => this.#inner.verify(bp, signal),
      async () => null,
    );
  }

  async #noted<T extends BlockVerdict>(
    what: What,
    bp: Blkptr,
    read: () => Promise<T>,
    contentOf: (given: T) => Promise<Uint8Array | null>,
  ): Promise<T> {
    const key = this.#questions.keyOf(what, bp);
    if (key === null) return read();
    const given = await this.#answers.unkept(read).catch((error: unknown) => {
      if (error instanceof ZfsUberError) return error;
      throw error;
    });
    if (given instanceof ZfsUberError) {
      await this.#answers.keep(key, { about: answerText({ attempts: [], error: given }, bp.place), content: null });
      throw given;
    }
    const about = answerText({ attempts: given.attempts, error: null }, bp.place);
    await this.#answers.keep(key, { about, content: await contentOf(given) });
    return given;
  }
}

/** Answers for blocks as was answered when the bundle was made. */
class Answering implements BlockReader {
  readonly #inner: BlockReader;
  readonly #answers: AnswersGiven;
  readonly #questions: Questions;

  constructor(inner: BlockReader, answers: AnswersGiven, questions: Questions) {
    this.#inner = inner;
    this.#answers = answers;
    this.#questions = questions;
  }

  async read(bp: Blkptr, signal?: AbortSignal): Promise<BlockRead> {
    const key = this.#questions.keyOf('read', bp);
    if (key === null) return this.#inner.read(bp, signal);
    signal?.throwIfAborted();
    const { attempts, content } = await this.#find(bp, key);
    if (content === null) throw this.#lacking(bp);
    return { bytes: content, attempts, encrypted: bp.encrypted };
  }

  async verify(bp: Blkptr, signal?: AbortSignal): Promise<BlockVerdict> {
    const key = this.#questions.keyOf('verify', bp);
    if (key === null) return this.#inner.verify(bp, signal);
    signal?.throwIfAborted();
    return this.#find(bp, key, this.#questions.keyOf('read', bp));
  }

  /** @param other what was asked in its place, and answers it too */
  async #find(bp: Blkptr, key: string, other: string | null = null) {
    const stored = (await this.#answers.find(key)) ?? (other === null ? null : await this.#answers.find(other));
    if (stored === null) throw this.#lacking(bp);
    const answer = answerFrom(stored.about, bp.place);
    this.#noteFailures(answer, bp);
    if (answer.error !== null) throw answer.error;
    return { attempts: answer.attempts, content: stored.content };
  }

  /** What a device could not give, so that it is told of it as where it was asked. */
  #noteFailures({ attempts, error }: Answer, bp: Blkptr): void {
    const all = error instanceof UnavailableBlockError ? [...attempts, ...error.attempts] : attempts;
    for (const { place, outcome, error: why } of all) {
      if (outcome !== 'unreadable' || place === null || !(why instanceof SourceError)) continue;
      this.#questions.sourceNamed(place.source)?.failures?.note(place.offset, bp.psize, why);
    }
  }

  #lacking(bp: Blkptr): NotInBundleError {
    const { leaf, place } = this.#questions.placeOf(bp);
    const error = new NotInBundleError(place, place.offset + bp.psize);
    leaf?.failures?.note(place.offset, bp.psize, error);
    return error;
  }
}
