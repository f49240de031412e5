import { rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { Judge } from './ask.ts';
import { judgePoolOf } from './compare.ts';
import { DAMAGES } from './damage.ts';
import { Draw } from './draw.ts';
import { HISTORIES } from './histories.ts';
import { LAYOUTS } from './layouts.ts';
import { kindOf, makePool, recipeOf } from './make.ts';
import { nativePrograms } from './programs.ts';

const programs = nativePrograms();
const scratch = join(tmpdir(), `zfs-uber-truth-${process.pid}`);
const judge = new Judge(programs?.uask ?? '');
afterAll(() => {
  judge.close();
  rmSync(scratch, { recursive: true, force: true });
});

/** Fixed: a pool that fails here fails for everyone. */
const SEEDS = Array.from({ length: 29 }, (_, index) => 4000 + index);
/** Kinds that contradicted us once. */
const TAUGHT: readonly (readonly [seed: number, layout: string, history: string, damage: string])[] = [
  [2020, 'special', 'destroyed', 'stale'],
  [2201, 'stripe', 'renamed', 'stale'],
  [2212, 'mirrors', 'renamed', 'mixedTimes'],
  [30016, 'single', 'attachDetach', 'mixedTimes+oldFrontLabels'],
  [10348, 'draid', 'addSpare+forcedOffline', 'mixedTimes'],
];
/** What is not drawn. */
const NAMED: readonly (readonly [seed: number, layout: string, history: string, damage: string])[] = [
  [1, 'mirror', 'plain', 'editedSizes'],
  [3, 'raidz1', 'plain', 'editedSizes'],
];
const RECIPES = [
  // Pools of 48 devices take too long for each run.
  ...SEEDS.map((seed) => recipeOf(seed, {})).filter(({ layout }) => !layout.endsWith('48')),
  ...[...TAUGHT, ...NAMED].map(([seed, layout, history, damage]) => recipeOf(seed, { layout, history, damage })),
];

describe('the recipe of a seed', () => {
  it('is the same each time', () => {
    expect(recipeOf(7, {})).toEqual(recipeOf(7, {}));
  });

  it('names a layout, a history and a damage that there are', () => {
    for (const { layout, history, damage } of RECIPES) {
      expect(LAYOUTS).toContain(layout);
      for (const each of history.split('+')) expect(Object.keys(HISTORIES)).toContain(each);
      for (const each of damage.split('+')) expect(Object.keys(DAMAGES)).toContain(each);
    }
  });

  it('draws whole numbers from all of the range', () => {
    const draw = new Draw(1);
    const drawn = new Set(Array.from({ length: 200 }, () => draw.int(-1, 2)));
    expect([...drawn].sort()).toEqual([-1, 0, 1, 2]);
  });
});

describe.skipIf(programs === null)('pools made and judged by the code of OpenZFS itself', () => {
  it.each(RECIPES.map((recipe) => [`${recipe.seed} ${kindOf(recipe)}`, recipe] as const))('%s', async (_, recipe) => {
    const { umake = '' } = programs ?? {};
    const made = await makePool(recipe, join(scratch, 'pool'), umake);
    const { contradictions } = await judgePoolOf(made, judge, 4);
    expect(contradictions).toEqual([]);
  });
});
