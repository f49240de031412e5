import type { DocumentStream } from '../document/documentStream.ts';
import { wholeDocument } from '../document/documentStream.ts';
import { type HistoryDocument, type HistoryStream, historyStream } from '../document/historyDocument.ts';
import type { ObjectDocument, ObjectStream } from '../document/objectDocument.ts';
import { type ObjectPlace, objectStream } from '../document/objectStream.ts';
import type { StreamFacts } from '../document/viewStream.ts';
import { describeSurveyed } from './describeOpened.ts';
import type { OpenedPool } from './openPool.ts';
import { askView, type ViewOptions } from './poolView.ts';
import { type Sources, sessionOf } from './session.ts';

/** A document whose lists are read when they are asked for. Good until it is closed. */
export type Open<S> = S & { readonly close: () => Promise<void> };

/**
 * What was done to a pool, and in which txg, up to the txg that is looked at.
 *
 * @returns the document of `history --json`, with all its records: of a long history take `openHistory`; its `pool` is null
 *   where there is none; when `signal` is aborted it is `stopped`
 * @throws as `datasets`
 */
export async function history(sources: Sources, options: ViewOptions = {}): Promise<HistoryDocument> {
  return closing(await openHistory(sources, options));
}

/** As `history`, the records one after the other. The caller closes it. @throws as `datasets` */
export function openHistory(sources: Sources, options: ViewOptions = {}): Promise<Open<HistoryStream>> {
  return opening(sources, options, async (facts, pool) => historyStream(facts, pool?.txgs ?? []));
}

/**
 * One object: its dnode, its blocks, and its entries where it is a ZAP.
 *
 * @returns the document of `object --json`, with all its blocks and entries: of a large object take `openObject`; its `pool`
 *   is null where there is none; when `signal` is aborted it is `stopped`
 * @throws UsageError when there is no such dataset or object; as `datasets`
 */
export async function object(sources: Sources, place: ObjectPlace, options: ViewOptions = {}): Promise<ObjectDocument> {
  return closing(await openObject(sources, place, options));
}

/** As `object`, blocks and entries one after the other. The caller closes it. @throws as `object` */
export function openObject(
  sources: Sources,
  place: ObjectPlace,
  options: ViewOptions = {},
): Promise<Open<ObjectStream>> {
  return opening(sources, options, (facts) => objectStream(facts, place));
}

async function opening<S extends object>(
  sources: Sources,
  options: ViewOptions,
  streamOf: (facts: StreamFacts, pool: OpenedPool | null) => Promise<S>,
): Promise<Open<S>> {
  const { opened, close } = await sessionOf(sources, options);
  try {
    const { head, view, pool } = await askView(opened, options);
    const described = () => opened.sources.map(describeSurveyed);
    const stream = await streamOf({ head: head(), view, signal: options.signal, sources: described }, pool);
    return { ...stream, close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function closing<H extends object, L extends object, T extends object>(stream: Open<DocumentStream<H, L, T>>) {
  try {
    return await wholeDocument(stream);
  } finally {
    await stream.close();
  }
}
