import { describe, expect, it } from 'vitest';
import { agoText, durationText, sizeText, timeText } from '../../src/text/amounts.ts';

describe('sizeText', () => {
  it.each([
    ['0', '0 bytes'],
    ['512', '512 bytes'],
    [4096, '4 KiB'],
    ['67108864', '64 MiB'],
    ['1610612736', '1.5 GiB'],
    ['4000787030016', '3.6 TiB'],
    ['18446744073709551615', '16 EiB'],
  ])('says %s as %s', (bytes, text) => {
    expect(sizeText(bytes)).toBe(text);
  });
});

describe('durationText', () => {
  it.each([
    [0, '0 s'],
    [59, '59 s'],
    [60, '1 min'],
    [125, '2 min 5 s'],
    [7260, '2 h 1 min'],
    [90000, '1 day 1 h'],
    [172800, '2 days'],
    [86400 * 45, '45 days'],
    [86400 * 800, '2 years'],
  ])('says %i seconds as %s', (seconds, text) => {
    expect(durationText(seconds)).toBe(text);
  });
});

describe('times', () => {
  it('are absolute in UTC', () => {
    expect(timeText(1795252447)).toBe('2026-11-21 09:14:07 UTC');
  });

  it('are relative in their largest unit', () => {
    expect(agoText(1000, 1000)).toBe('now');
    expect(agoText(1000, 1000 + 86400 * 2 + 5000)).toBe('2 days ago');
    expect(agoText(2000, 1000)).toBe('in 16 min, by its clock');
  });

  it('that no calendar holds are told as the number they are', () => {
    for (const timestamp of [Number.MAX_SAFE_INTEGER, 8.64e12, -1]) {
      expect(timeText(timestamp)).toBe(`at no valid time (${timestamp})`);
    }
  });
});
