import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type OpenedPools, openPools } from '../../../src/api/openPool.ts';
import type { Candidate } from '../../../src/load/candidates.ts';
import { chooseEngine } from '../../../src/node/engine.ts';
import { openBlockReader } from '../../../src/pool/blockReader.ts';
import { surveyDevice } from '../../../src/pool/surveyDevice.ts';
import type { OverlayPlan } from '../../../src/rewind/overlay/plan.ts';
import { type OverlayOptions, planOverlay } from '../../../src/rewind/overlay/planOverlay.ts';
import { predictOverlay } from '../../../src/rewind/overlay/predictOverlay.ts';
import { overlaid } from '../../../src/source/overlaid.ts';
import { pool, poolImages, pools } from '../../tools/images.ts';

const engine = chooseEngine();
const blocks: OverlayOptions['blocks'] = { engine, open: (root, more) => openBlockReader(root, { engine, ...more }) };
const OPTIONS: OverlayOptions = { blocks, method: 'hide', keepState: false, assumed: new Map(), now: 1_800_000_000n };

const opened: OpenedPools[] = [];
afterAll(async () => {
  for (const each of opened) await each.close();
});

async function openImages(name: string, images?: readonly string[]) {
  const paths = images ?? (await poolImages(pool(name)));
  const found = await openPools(paths, { engine });
  opened.push(found);
  const one = found.pools.find((each) => each.pool.root !== null) ?? found.pools[0];
  if (one === undefined) throw new Error(`no pool in ${name}`);
  return one;
}

const planOf = (
  one: Awaited<ReturnType<typeof openImages>>,
  candidate: Candidate | undefined,
  options: Partial<OverlayOptions> = {},
): Promise<OverlayPlan> => {
  if (candidate === undefined) throw new Error('no such txg');
  return planOverlay(one.pool, one.candidates, candidate, { ...OPTIONS, ...options });
};

/** Txgs that the kernel imported read-write: the newest, one in the middle, the oldest. */
function some(rw: Readonly<Record<string, { rc: unknown; used: number }>>): bigint[] {
  const good = Object.entries(rw)
    .filter(([txg, { rc, used }]) => rc === 0 && `${used}` === txg)
    .map(([txg]) => BigInt(txg))
    .sort((a, b) => (a < b ? 1 : -1));
  return [...new Set([good[0], good[good.length >> 1], good.at(-1)])].flatMap((txg) => txg ?? []);
}

describe('a txg that the kernel imports read-write shows, with the plan laid over the devices, as the newest', () => {
  const asked = pools().filter(({ truth }) => some(truth.answers.rw).length > 0 && truth.extra !== '-X');
  it.for(asked.map((fixture) => [fixture.name, fixture] as const))('%s', async ([name, { truth }], { skip }) => {
    const one = await openImages(name);
    let planned = 0;
    for (const txg of some(truth.answers.rw)) {
      const those = one.candidates.filter((each) => each.txg === txg);
      const candidate = those.find(({ taken }) => taken) ?? those[0];
      if (candidate === undefined) continue;
      const plan = await planOf(one, candidate);
      expect(plan.refusal, `txg ${txg}`).toBeNull();
      const { answer, shown } = await predictOverlay(plan, { blocks });
      expect(answer, `txg ${txg}`).toBe('loads');
      for (const { labels } of shown.values()) {
        for (const { status, config } of labels.filter((label) => label.status !== 'absent')) {
          expect(status).toBe('ok');
          expect(config?.state).toBe('exported');
          expect(config?.txg).toBeLessThanOrEqual(txg);
        }
      }
      planned++;
    }
    if (planned === 0) skip('no ring holds them');
  });
});

describe('a plan', () => {
  it('changes nothing but slots of newer uberblocks and the configs of labels', async () => {
    const one = await openImages('exported');
    const plan = await planOf(one, one.candidates[3]);
    const [device] = plan.devices;
    const slots = device?.patches.filter(({ why }) => why === 'newer-uberblock') ?? [];
    const configs = device?.patches.filter(({ why }) => why === 'label-lowered') ?? [];
    expect(slots).toHaveLength(3 * 4);
    expect(slots.every(({ bytes }) => bytes.length === 4096 && bytes.every((byte) => byte === 0))).toBe(true);
    expect(configs.map(({ bytes }) => bytes.length)).toEqual([114688, 114688, 114688, 114688]);
    expect(slots.length + configs.length).toBe(device?.patches.length);
  });

  it('is empty for the newest txg of a pool that is exported', async () => {
    const one = await openImages('exported');
    const plan = await planOf(one, one.candidates[0]);
    expect(plan.devices.flatMap(({ patches }) => patches)).toEqual([]);
  });

  it('leaves the state of the pool where that is asked for', async () => {
    const one = await openImages('destroyed');
    const { shown } = await predictOverlay(await planOf(one, one.candidates[2], { keepState: true }), { blocks });
    for (const { labels } of shown.values()) expect(labels.map(({ config }) => config?.state)).toContain('destroyed');
  });

  it('seals the labels anew where they were lost, and fills their rings', async () => {
    const one = await openImages('front-wiped');
    const plan = await planOf(one, one.candidates[0]);
    const { shown } = await predictOverlay(plan, { blocks });
    for (const { labels } of shown.values()) {
      const texts = labels.map(({ nvlist }) => nvlist);
      expect(new Set(labels.map(({ status }) => status))).toEqual(new Set(['ok']));
      expect(texts.every((text) => JSON.stringify(text, plain) === JSON.stringify(texts[0], plain))).toBe(true);
      const filled = labels.map(({ ring }) => ring?.slots.filter(({ state }) => state === 'valid').length);
      expect(new Set(filled).size).toBe(1);
    }
  });

  it('gives a leaf the label that it had where the pool was made up otherwise', async () => {
    const one = await openImages('replaced-disk');
    const { truth } = pool('replaced-disk');
    const oldest = some(truth.answers.rw).at(-1);
    const plan = await planOf(
      one,
      one.candidates.find(({ txg }) => txg === oldest),
    );
    expect(plan.devices.some(({ patches }) => patches.some(({ why }) => why === 'label-made'))).toBe(true);
  });

  it('puts the chosen uberblock before all others where it is to be raised', async () => {
    const one = await openImages('exported');
    const [newest, , third] = one.candidates;
    const plan = await planOf(one, third, { method: 'raise' });
    expect(plan.loads).toBe((newest?.txg ?? 0n) + 1n);
    expect(plan.warnings.map(({ code }) => code)).toContain('raised');
    const { answer, pool: shown } = await predictOverlay(plan, { blocks });
    expect(answer).toBe('loads');
    expect(shown?.devices).toHaveLength(1);
  });

  it('hides no slot that another slot size would cut', async () => {
    const one = await openImages('lying-ashift9');
    const plan = await planOf(one, one.candidates[5]);
    for (const { device, patches } of plan.devices) {
      const survey = await surveyDevice(overlaid(device.source, patches), engine);
      const left = survey.labels[0]?.ring?.slots.filter(({ state }) => state === 'valid').length ?? 0;
      const before = device.labels[0]?.ring?.slots.filter(({ state }) => state === 'valid').length ?? 0;
      const hidden = patches.filter(({ why, offset }) => why === 'newer-uberblock' && offset < 262144).length;
      expect(left).toBe(before - hidden);
    }
  });
});

const plain = (_: string, value: unknown) => (typeof value === 'bigint' ? value.toString() : value);

describe('a plan is refused', () => {
  it('where more is missing than redundancy makes up for', async () => {
    const one = await openImages('raidz2-three-missing');
    const plan = await planOf(one, one.candidates[0]);
    expect(plan.refusal?.code).toMatch(/vdev-missing|config-unreadable/);
    expect(plan.devices).toEqual([]);
  });

  it('where a raidz expansion has moved data since', async () => {
    const one = await openImages('raidz-expanded');
    const [newest] = one.candidates;
    if (newest === undefined) throw new Error('no candidate');
    const { uberblock } = newest;
    const moved = { ...uberblock, txg: uberblock.txg, raidzReflow: { offset: 512n, state: 1 } };
    const older = {
      ...newest,
      key: 'older',
      txg: newest.txg,
      uberblock: { ...uberblock, txg: (newest.txg - 1n) as typeof newest.txg },
    };
    const plan = await planOverlay(one.pool, [{ ...newest, uberblock: moved }, older], older, OPTIONS);
    expect(plan.refusal).toMatchObject({ code: 'reflow-differs', newest: 512n });
  });
});

describe('two branches of a split brain', () => {
  let one: Awaited<ReturnType<typeof openImages>>;
  beforeAll(async () => {
    one = await openImages('split-brain');
  });

  it('are not laid side by side: the other device is left out, and told', async () => {
    const plan = await planOf(one, one.candidates[0]);
    expect(plan.refusal).toBeNull();
    expect(plan.devices).toHaveLength(1);
    expect(plan.warnings.map(({ code }) => code)).toEqual(expect.arrayContaining(['device-left-out', 'leaf-absent']));
  });
});
