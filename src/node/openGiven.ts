import { Sha256 } from '../block/sha256.ts';
import { UsageError } from '../bytes/errors.ts';
import { printable } from '../bytes/printable.ts';
import { vanishing } from '../source/vanishing.ts';
import { givenSource } from './givenSource.ts';
import type { OpenedSource } from './openedSource.ts';
import { type OpenTargetsOptions, openTargets, type SourceHost } from './openTargets.ts';
import type { GivenFile } from './siblings.ts';
import { NAMED, type SourceSpec, type Target } from './target.ts';

/** What is opened where there are no files: as `openSources`, of what a program hands in alone. @throws UsageError for a path */
export function openGiven(specs: readonly SourceSpec[], options: OpenTargetsOptions = {}): Promise<OpenedSource[]> {
  const targets = specs.map((spec): Target => {
    if (typeof spec !== 'string') return { ...NAMED, path: spec.name, reached: spec };
    throw new UsageError(`${printable(spec)}: there are no files here; hand in a source`);
  });
  return openTargets(targets, GIVEN, options);
}

async function sourceOf({ path, reached }: GivenFile) {
  if (reached !== null && 'read' in reached) return givenSource(reached);
  throw new UsageError(`${printable(path)}: there are no files here; hand in a source`);
}

const GIVEN: SourceHost = {
  atATime: () => 16,
  open: sourceOf,
  beside: sourceOf,
  shownPartitions: async () => null,
  lasting: (file) => vanishing(file).read,
  isFile: async () => false,
  sha256(bytes) {
    const digest = new Sha256();
    digest.update(bytes);
    return digest.digest();
  },
};
