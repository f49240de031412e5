import { describe, expect, it } from 'vitest';
import { sourceHandles } from '../../src/document/handles.ts';

describe('sourceHandles', () => {
  it('count the sources', () => {
    expect(sourceHandles(['/e/a', '/e/b'])).toEqual(['d0', 'd1']);
    expect(sourceHandles(['demo/d0.img', 'demo/d1.img'])).toEqual(['d0', 'd1']);
  });

  it('are never what another source is called', () => {
    expect(sourceHandles(['backup-of-d0.img', 'd0.img'])).toEqual(['s0', 's1']);
    expect(sourceHandles(['/e/D1', '/e/s2.raw', 'x'])).toEqual(['v0', 'v1', 'v2']);
    const all = ['d', 's', 'v', 'dev', 'src'].map((prefix) => `${prefix}9`);
    expect(new Set([...all, ...sourceHandles(all)]).size).toBe(10);
  });
});
