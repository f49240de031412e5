import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { surveyDevices } from '../../src/api/surveyDevices.ts';
import { documentParts } from '../../src/document/jsonParts.ts';
import { jsonSafe } from '../../src/document/jsonSafe.ts';
import { buildLabelsDocument } from '../../src/document/labelsDocument.ts';
import { chooseEngine } from '../../src/node/engine.ts';
import { pool, poolImages } from '../tools/images.ts';
import { TOOL } from './sampleDocuments.ts';

describe('a document that is printed in parts', () => {
  it('is the text that JSON.stringify makes of it', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (document) => {
        expect([...documentParts(document)].join('')).toBe(`${jsonSafe(JSON.stringify(document, null, 2))}\n`);
      }),
      { seed: 1 },
    );
  });

  it('never has more than one item of a list in a part', () => {
    const sources = Array.from({ length: 1000 }, (_, path) => ({ path, labels: 'x'.repeat(1000) }));
    const longest = Math.max(
      ...[...documentParts({ schema: 'a', sources, stopped: false })].map((part) => part.length),
    );
    expect(longest).toBeLessThan(1100);
  });
});

it('holds what the four labels of a device say once where they say the same', async () => {
  const surveyed = await surveyDevices(await poolImages(pool('torn-sector')), { engine: chooseEngine() });
  const sources = surveyed.map(({ opened, survey }) => ({
    source: {
      ...opened,
      sizeBytes: opened.size,
      offsetBytes: opened.offset,
      kind: 'raw' as const,
      bundle: null,
      hidden: null,
      error: null,
    },
    survey,
  }));
  const [source] = buildLabelsDocument(TOOL, sources).sources;
  expect(source?.labels).toHaveLength(4);
  expect(new Set(source?.labels.map(({ config }) => config)).size).toBe(1);
  await Promise.all(surveyed.map(({ opened }) => opened.close()));
});
