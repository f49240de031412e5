/** Parts of the report of a pool that a line stands for on a terminal, by the names that `--show` takes. */
export const SECTIONS = ['steps', 'ways', 'findings', 'txgs', 'rings', 'overlay', 'sources'] as const;
export type SectionName = (typeof SECTIONS)[number];
