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

  it('has small items of a list together in a part, and no more than one that is large', () => {
    const sources = Array.from({ length: 1000 }, (_, path) => ({ path, labels: 'x'.repeat(1000) }));
    const lengths = [...documentParts({ schema: 'a', sources, stopped: false })].map((part) => part.length);
    expect(Math.max(...lengths)).toBeLessThan(32 * 1024 + 1100);
    expect(lengths.length).toBeLessThan(50);
    const large = sources.map(({ path }) => ({ path, labels: 'x'.repeat(100_000) }));
    for (const part of documentParts({ large })) expect(part.length).toBeLessThan(101_000);
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
