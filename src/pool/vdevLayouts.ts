import { FormatError, UnsupportedError, ZfsUberError } from '../bytes/errors.ts';
import type { Uberblock } from '../format/uberblock.ts';
import { Draids, draidLayout, draidSpareLayout } from './draid.ts';
import { IndirectLayout, type IndirectMappings } from './indirect.ts';
import { keptState } from './keptState.ts';
import { MirrorLayout } from './mirror.ts';
import type { VdevNode } from './pool.ts';
import { raidzLayout } from './raidz.ts';
import { MAX_TREE_DEPTH, vdevName } from './vdevHealth.ts';
import { NoLayout, type VdevLayout } from './vdevLayout.ts';
import { LeafLayout } from './vdevLeaf.ts';

/** What of the pool's state the layouts depend on, besides the tree. */
export interface LayoutState {
  readonly mappings: IndirectMappings | null;
  readonly raidzReflow: Uberblock['raidzReflow'];
}

/**
 * The layout of each top-level vdev, at the index of its id. A vdev whose shape makes no sense has one that answers
 * every read with the reason: the others can be read all the same.
 */
export function openLayouts(root: VdevNode, state: LayoutState): readonly VdevLayout[] {
  const tops: VdevLayout[] = [];
  const opening: Opening = { ...state, tops, draids: new Draids() };
  for (const [id, top] of root.children.entries())
    tops.push(openLayout(top, '', 0, { id, ashift: top.config.ashift }, opening));
  return tops;
}

interface Opening extends LayoutState {
  readonly tops: readonly VdevLayout[];
  readonly draids: Draids;
}

/** The top-level vdev that a layout belongs to. */
interface Top {
  readonly id: number;
  readonly ashift: number | null;
}

function openLayout(node: VdevNode, above: string, depth: number, top: Top, opening: Opening): VdevLayout {
  const own = vdevName(node);
  const name = above === '' ? own : `${above} > ${own}`;
  try {
    return layoutOf(node, name, depth, top, opening);
  } catch (error) {
    if (error instanceof ZfsUberError) return new NoLayout(name, error);
    throw error;
  }
}

function layoutOf(node: VdevNode, name: string, depth: number, top: Top, opening: Opening): VdevLayout {
  const place = { source: name, offset: 0, path: [] };
  const { config } = node;
  const { type } = config;
  if (depth >= MAX_TREE_DEPTH) {
    throw new FormatError('format-nesting', 'vdev tree', `at most ${MAX_TREE_DEPTH} levels`, 'more', place);
  }
  const children = () => node.children.map((child) => openLayout(child, name, depth + 1, top, opening));
  switch (type) {
    case 'disk':
    case 'file':
      return node.device === null
        ? new NoLayout(name, node.passedOver ?? null)
        : new LeafLayout(name, node.device.source);
    case 'mirror':
    case 'replacing':
    case 'spare':
      return new MirrorLayout(name, children());
    case 'raidz':
      return raidzLayout(name, config, top.ashift, children(), opening.raidzReflow);
    case 'draid':
      return draidLayout(name, config, top.ashift, children(), opening.draids);
    case 'dspare':
      return keptState(config) === null ? draidSpareLayout(name, config, opening.draids) : new NoLayout(name, null);
    case 'indirect':
      if (depth > 0)
        throw new FormatError('format-nesting', 'indirect vdev', 'a place below the root', 'another', place);
      return new IndirectLayout(name, top.id, opening.tops, opening.mappings);
    case 'missing':
    case 'hole':
      return new NoLayout(name, null);
    default:
      throw new UnsupportedError(`vdev type ${type}`, place);
  }
}
