import type { DocumentStream } from '../document/documentStream.ts';
import { streamParts } from '../document/documentStream.ts';
import type { ViewHead } from '../document/viewHead.ts';
import type { StreamEnd } from '../document/viewStream.ts';
import { type Answer, answering } from './answer.ts';
import type { Run } from './command.ts';
import { viewStatus } from './exitStatus.ts';
import type { Options } from './options.ts';

const STOPPED = 'stopped before the end: there may be more';

/** What the answers about one pool at one txg have in common. */
export const OF_VIEW = {
  status: viewStatus,
  notes: ({ stopped }: { readonly stopped: boolean }): readonly string[] => (stopped ? [STOPPED] : []),
  apartFrom: ({ sources }: ViewHead): readonly string[] =>
    sources.flatMap(({ path, bundle }) => [path, ...(bundle ? [bundle.path] : [])]),
};

/** A document about a view whose lists are read when it is printed. */
export interface ViewStream<Head extends ViewHead, Lists extends object>
  extends DocumentStream<Head, Lists, StreamEnd> {
  readonly close: () => Promise<void>;
}

/** The same of documents whose lists are read when they are printed. */
export const ofStream = <O extends Options, Head extends ViewHead, Lists extends object>(
  own: Pick<Answer<O, ViewStream<Head, Lists>>, 'ask' | 'text'>,
): Run<O> =>
  answering<O, ViewStream<Head, Lists>>({
    ...own,
    json: streamParts,
    status: ({ head, tail }) => viewStatus({ ...head, ...tail() }),
    notes: ({ tail }) => OF_VIEW.notes(tail()),
    apartFrom: ({ head }) => OF_VIEW.apartFrom(head),
    close: ({ close }) => close(),
  });
