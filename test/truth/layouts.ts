import type { Draw } from './draw.ts';

/** Devices of a pool by what they are for; each is the name of an image. */
export interface Layout {
  /** As umake takes it, with names of images for devices. */
  readonly spec: readonly string[];
  /** Images of one redundant vdev each; a single device stands alone. */
  readonly groups: readonly { readonly kind: string; readonly class: string; readonly images: readonly string[] }[];
  readonly spares: readonly string[];
}

type Shape = readonly (readonly [kind: string, class_: string, devices: number])[];

const SHAPES: Readonly<Record<string, Shape>> = {
  single: [['', '', 1]],
  stripe: [
    ['', '', 1],
    ['', '', 1],
    ['', '', 1],
  ],
  manyTops: Array.from({ length: 6 }, () => ['', '', 1] as const),
  mirror: [['mirror', '', 2]],
  mirror3: [['mirror', '', 3]],
  mirrors: [
    ['mirror', '', 2],
    ['mirror', '', 2],
  ],
  raidz1: [['raidz1', '', 3]],
  raidz2: [['raidz2', '', 5]],
  raidz3: [['raidz3', '', 6]],
  draid: [['draid1:2d:5c:1s', '', 5]],
  draid2: [['draid2:2d:6c:1s', '', 6]],
  mixed: [
    ['mirror', '', 2],
    ['', '', 1],
  ],
  log: [
    ['', '', 1],
    ['', 'log', 1],
  ],
  mirrorLog: [
    ['mirror', '', 2],
    ['', 'log', 1],
  ],
  mirrorLogMirror: [
    ['mirror', '', 2],
    ['mirror', 'log', 2],
  ],
  special: [
    ['mirror', '', 2],
    ['', 'special', 1],
  ],
  specialMirror: [
    ['raidz1', '', 3],
    ['mirror', 'special', 2],
  ],
  logs: [
    ['mirror', '', 2],
    ['', 'log', 1],
    ['', 'log', 1],
  ],
  everything: [
    ['mirror', '', 2],
    ['', 'log', 1],
    ['', 'special', 1],
    ['mirror', 'dedup', 2],
  ],
  dedup: [
    ['mirror', '', 2],
    ['', 'dedup', 1],
  ],
  raidzPair: [
    ['raidz1', '', 3],
    ['raidz1', '', 4],
  ],
  draid3: [['draid3:3d:9c:2s', '', 9]],
  disks48: Array.from({ length: 24 }, () => ['mirror', '', 2] as const),
  raidz48: Array.from({ length: 4 }, () => ['raidz2', '', 12] as const),
};

export const LAYOUTS = Object.keys(SHAPES);

/** @param spared probability that it has spares */
export function layoutOf(name: string, draw: Draw, spared: number): Layout {
  const shape = SHAPES[name];
  if (shape === undefined) throw new Error(`no layout ${name}`);
  let next = 0;
  const groups = shape.map(([kind, class_, devices]) => ({
    kind,
    class: class_,
    images: Array.from({ length: devices }, () => `d${next++}.img`),
  }));
  const spares = Array.from({ length: draw.chance(spared) ? draw.int(1, 2) : 0 }, () => `d${next++}.img`);
  const spec = [
    ...groups.flatMap(({ kind, class: class_, images }) => [
      ...(class_ === '' ? [] : [class_]),
      ...(kind === '' ? [] : [kind]),
      ...images,
    ]),
    ...(spares.length > 0 ? ['spare', ...spares] : []),
  ];
  return { spec, groups, spares };
}
