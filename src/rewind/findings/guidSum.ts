import type { VdevConfig } from '../../format/vdevConfig.ts';
import { guidSumDifference, guidSumOf } from '../../pool/guidSum.ts';
import type { VdevNode, VdevRole } from '../../pool/pool.ts';
import { guessMissingTops, type TopGuess } from '../missingTops.ts';
import type { Evidence, Finding } from './finding.ts';
import type { DeviceValues, TreeChange } from './values/devices.ts';
import { type NamedVdev, namedVdev } from './values/named.ts';

const HARMLESS: ReadonlySet<TopGuess> = new Set<TopGuess>(['log', 'removed']);

/** The guids do not add up, and what makes up for it, as far as anything on the disks names it. */
export function guidSumMismatch(evidence: Evidence): Finding[] {
  const { pool, candidates } = evidence;
  const { expected, found } = pool.guidSum;
  if (pool.root === null || expected === null || expected === found) return [];
  const difference = guidSumDifference(expected, found);
  const lost = pool.root.children.filter(({ config }) => config.type === 'missing');
  const guesses = guessMissingTops(pool, candidates);
  const known = guidSumOf(pool.root) === expected;
  const changes = known ? [] : explain(pool.root, difference, unitsOf(evidence));
  const harmless =
    known || (lost.length > 0 && lost.every(({ config }) => HARMLESS.has(guesses.get(config.id ?? -1) ?? 'unknown')));
  return [
    {
      code: 'guid-sum-mismatch',
      severity: harmless ? 'info' : 'warning',
      values: { expected, found, difference, explained: explanation(evidence, known, changes) },
      devices: [],
    },
  ];
}

type Explained = DeviceValues['guid-sum-mismatch']['explained'];

function explanation({ pool }: Evidence, known: boolean, changes: readonly TreeChange[]): Explained {
  if (known) return { by: 'mos', vdevs: completed(pool) };
  if (changes.length > 0) return { by: 'changes', changes };
  const lost = (pool.root?.children ?? []).filter(({ config }) => config.type === 'missing');
  return lost.length === 0 ? { by: 'older-labels' } : { by: 'missing', ids: lost.map(({ config }) => config.id) };
}

/** Top-level vdevs without a device: no label of them can have been given. */
function completed({ root }: Evidence['pool']): (NamedVdev & { readonly role: VdevRole })[] {
  const deviceless = (node: VdevNode): boolean =>
    node.children.length === 0 ? node.device === null : node.children.every(deviceless);
  return (root?.children ?? [])
    .filter((top) => top.config.guid !== 0n && deviceless(top))
    .map(({ config, role }) => ({ ...namedVdev(config), role }));
}

/** Something that may have come or gone as one: a vdev alone, or with all below it. */
interface Unit extends Omit<TreeChange, 'there'> {
  readonly sum: bigint;
}

type Change = Unit & TreeChange;

/** Everything that any label, also an old one, or any meta-object set says of vdevs of this pool. */
function unitsOf({ pool, facts }: Evidence): Unit[] {
  const units = new Map<bigint, Unit>();
  const add = (config: VdevConfig) => {
    const open = [config];
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      open.push(...next.children);
      if (units.size >= MAX_UNITS) return;
      if (next.type === 'root' || next.guid === 0n) continue;
      const vdev = namedVdev(next);
      const sum = sumOf(next);
      if (!units.has(next.guid)) units.set(next.guid, { sum: next.guid, vdev, children: null });
      if (!units.has(sum)) units.set(sum, { sum, vdev, children: next.children.length });
    }
  };
  for (const { tree } of facts?.trees ?? []) add(tree);
  for (const device of pool.devices) {
    for (const { config } of device.labels) {
      if (config?.poolGuid === pool.guid && config.vdevTree !== null) add(config.vdevTree);
    }
  }
  return [...units.values()];
}

/** Known guids that are combined; pools have a few dozen. */
const MAX_UNITS = 400;

function sumOf(config: VdevConfig): bigint {
  let sum = 0n;
  const open = [config];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    sum += next.guid;
    open.push(...next.children);
  }
  return BigInt.asUintN(64, sum);
}

/**
 * The fewest changes, up to three, that make up for `difference`: known vdevs that the tree lacks come, those that it
 * has go. Guids are random numbers of 64 bits, so sums that fit by chance are not to be expected.
 */
function explain(root: VdevNode, difference: bigint, units: readonly Unit[]): TreeChange[] {
  const own = new Set<bigint>();
  const open = [root];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    own.add(next.config.guid);
    open.push(...next.children);
  }
  const changes = units.map(({ sum, ...unit }): Change => {
    const inTree = own.has(sum);
    return { ...unit, sum: inTree ? BigInt.asUintN(64, -sum) : sum, there: !inTree };
  });
  const single = new Map(changes.map((change) => [change.sum, change]));
  const one = single.get(difference);
  if (one !== undefined) return [one].map(withoutSum);
  const rest = (...taken: Unit[]): bigint =>
    BigInt.asUintN(
      64,
      taken.reduce((left, { sum }) => left - sum, difference),
    );
  for (const first of changes) {
    const second = single.get(rest(first));
    if (second !== undefined && second !== first) return [first, second].map(withoutSum);
  }
  for (const [i, first] of changes.entries()) {
    for (const second of changes.slice(i + 1)) {
      const third = single.get(rest(first, second));
      if (third !== undefined && third !== first && third !== second) return [first, second, third].map(withoutSum);
    }
  }
  return [];
}

const withoutSum = ({ there, vdev, children }: Change): TreeChange => ({ there, vdev, children });
