import { describe, expect, it } from 'vitest';
import { LARGE_LABEL } from '../../src/load/knownFeatures.layout.ts';
import { chooseEngine } from '../../src/node/engine.ts';
import { openBlockReader } from '../../src/pool/blockReader.ts';
import { surveyDevice } from '../../src/pool/surveyDevice.ts';
import type { Finding } from '../../src/rewind/findings/finding.ts';
import { largeLabels } from '../../src/rewind/findings/largeLabels.ts';
import { planOverlay } from '../../src/rewind/overlay/planOverlay.ts';
import { scanPools } from '../../src/rewind/scanPools.ts';
import { configOf, withConfig } from '../tools/forgeLabel.ts';
import { labelSource, makeLabels } from '../tools/labelImage.ts';
import { pair } from '../tools/nvlistEncode.ts';
import { said } from './said.ts';

const engine = chooseEngine();

/** A pool of one disk, whose labels need that feature. */
async function survey(feature: string) {
  const labels = makeLabels({ slotSize: 4096, uberblocks: [{ txg: 8 }, { txg: 9 }] });
  const features = pair('features_for_read', 'nvlist', { pairs: [pair(feature, 'boolean', true)] });
  return surveyDevice(labelSource(withConfig(labels, [...configOf(labels), features]), 'disk0.img'), engine);
}

async function scanned(feature: string) {
  const blocks = { engine, open: openBlocks };
  const reader = ({ root }: { root: Parameters<typeof openBlocks>[0] | null }) =>
    root === null ? null : openBlocks(root);
  const { judgements } = await scanPools([await survey(feature)], reader, { depth: 'mos', blocks });
  const [judgement] = judgements;
  if (judgement === undefined) throw new Error('no pool');
  return judgement;
}
const openBlocks = (root: Parameters<typeof openBlockReader>[0]) => openBlockReader(root, { engine });

const largeLabel = (findings: readonly Finding[]) => findings.find(({ code }) => code === 'large-label');

describe('a device with large labels', () => {
  it('is named with the feature and what that means, and no import of it is promised', async () => {
    const { findings, recommendation } = await scanned(LARGE_LABEL);
    const finding = largeLabel(findings);
    expect(finding).toMatchObject({
      severity: 'warning',
      values: { feature: LARGE_LABEL, devices: ['disk0.img'], txgs: [9n, 8n] },
    });
    expect(said(finding)).toMatch(
      /^disk0\.img needs the feature com\.klarasystems:large_label: labels of 256 MiB .* nor OpenZFS up to 2\.4 knows it/,
    );
    expect(recommendation?.candidate ?? null).toBeNull();
  });

  it('is not blamed on a flush that was lost', async () => {
    const { findings } = await scanned(LARGE_LABEL);
    expect(findings.filter(({ severity }) => severity === 'error').map(({ code }) => code)).toEqual([]);
  });

  it('is told from other features that are not known, and from those that are', async () => {
    expect(largeLabel((await scanned('org.example:other')).findings)).toBeUndefined();
    expect(largeLabel((await scanned('com.delphix:hole_birth')).findings)).toBeUndefined();
  });

  it('is known by the meta-object set too, where the labels do not say it', async () => {
    const { pool, candidates } = await scanned('com.delphix:hole_birth');
    const judged = candidates.map((each) => {
      const reasons = [{ code: 'features-unknown' as const, release: '2.3', features: ['a:b', LARGE_LABEL] }];
      return { ...each, prediction: { ...each.prediction, reasons } };
    });
    const nothing = { candidates: [], best: null, stopped: [], cut: null, overlaps: [], facts: null, checkpoint: null };
    const [finding] = largeLabels({ pool, judged, ...nothing });
    expect(finding).toMatchObject({ values: { devices: [], txgs: [9n, 8n] } });
    expect(said(finding)).toMatch(/^Txg 9, 8 need the feature/);
  });

  it('gets no overlay', async () => {
    const { pool, candidates } = await scanned(LARGE_LABEL);
    const [first] = candidates;
    if (first === undefined) throw new Error('no candidate');
    const options = { blocks: { engine, open: openBlocks }, method: 'hide', keepState: false } as const;
    const all = candidates.map(({ candidate }) => candidate);
    const plan = await planOverlay(pool, all, first.candidate, { ...options, assumed: new Map(), now: 1n });
    expect(plan.refusal).toEqual({ code: 'features-unknown', features: [LARGE_LABEL] });
  });
});
