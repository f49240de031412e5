/** Where bytes came from, precise enough for another tool to look at the same bytes. */
export interface Place {
  /** The source as the user named it. Raw text: escape it before it reaches a terminal. */
  readonly source: string;
  /** Byte offset in that source, after containers and partitions are peeled off. */
  readonly offset: number;
  /** What stands there, outermost first: `['label 0', 'slot 4', 'rootbp']`. */
  readonly path: readonly string[];
}

/** The place `bytes` further on, named `step`. */
export function inside(place: Place, step: string, bytes = 0): Place {
  return { source: place.source, offset: place.offset + bytes, path: [...place.path, step] };
}

export function describePlace(place: Place): string {
  return `${place.source} @ 0x${place.offset.toString(16)} ${place.path.join(' > ')}`.trimEnd();
}
