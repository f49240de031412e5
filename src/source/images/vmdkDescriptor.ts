/** One line of the extents of a VMDK descriptor. */
export interface VmdkExtent {
  /** Sectors of 512 bytes. */
  readonly sectors: number;
  readonly type: string;
  /** Null for an extent without a file. */
  readonly file: string | null;
  /** Sectors in that file. */
  readonly offset: number;
}

export interface VmdkDescriptor {
  readonly createType: string;
  /** Null for a disk without a parent. */
  readonly parent: string | null;
  readonly extents: readonly VmdkExtent[];
}

const NO_PARENT = 'ffffffff';
const EXTENT = /^(?:RW|RDONLY|NOACCESS)\s+([0-9]+)\s+([A-Z]+)(?:\s+"([^"]*)"(?:\s+([0-9]+))?)?/;
const MOST_EXTENTS = 4096;

/**
 * The text of a VMDK: lines `key=value`, and a line an extent.
 * Source: VMware, Virtual Disk Format 5.0, "The Descriptor File"
 */
export function parseVmdkDescriptor(text: string): VmdkDescriptor {
  const values = new Map<string, string>();
  const extents: VmdkExtent[] = [];
  for (const line of text.split(/\r?\n/)) {
    const extent = EXTENT.exec(line);
    if (extent !== null && extents.length < MOST_EXTENTS) {
      const [, sectors = '0', type = '', file, offset] = extent;
      extents.push({ sectors: Number(sectors), type, file: file ?? null, offset: Number(offset ?? 0) });
      continue;
    }
    const pair = /^\s*([A-Za-z][\w.]*)\s*=\s*"?([^"]*)"?\s*$/.exec(line);
    if (pair !== null) values.set((pair[1] ?? '').toLowerCase(), pair[2] ?? '');
  }
  const parentId = values.get('parentcid') ?? NO_PARENT;
  return {
    createType: values.get('createtype') ?? '',
    parent: parentId.toLowerCase() === NO_PARENT ? null : (values.get('parentfilenamehint') ?? ''),
    extents,
  };
}
