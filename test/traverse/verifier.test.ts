import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import type { Candidate } from '../../src/load/candidates.ts';
import { createVerifier, type Verification, type Verifier, type VerifyOptions } from '../../src/traverse/verifier.ts';
import { pool, poolImages, pools } from '../tools/images.ts';
import { engine, type OpenedPool, openPool } from './openedPool.ts';

const opened = new Map<string, Promise<OpenedPool>>();

async function open(name: string): Promise<OpenedPool> {
  const known = opened.get(name) ?? poolImages(pool(name)).then((paths) => openPool(paths));
  opened.set(name, known);
  return known;
}

const ASKED = pools().filter(({ truth }) => truth.asked.length > 0);

afterAll(async () => {
  for (const each of opened.values()) await (await each).close();
});

async function verify(
  verifier: Verifier,
  { at }: OpenedPool,
  candidate: Candidate,
  options: Partial<VerifyOptions> = {},
): Promise<Verification> {
  const { view, reader } = await at(candidate);
  return verifier.verify(view, { reader, data: true, readOnly: true, ...options });
}

/** What must not depend on what was verified before. */
const findings = ({ metadataErrors, dataErrors, fatal, found, failures }: Verification) => ({
  metadataErrors,
  dataErrors,
  found,
  fatal: fatal === null ? null : place(fatal),
  failures: failures.map(place),
});

const place = ({ dataset, object, level, blockId, what, kind, because }: Verification['failures'][number]) =>
  `${what} ${dataset}/${object}/${level}/${blockId} ${kind} ${because}`;

/** Candidates whose tree of devices reads: the others cannot be verified at all. */
async function verifiable(one: OpenedPool): Promise<Candidate[]> {
  const tried = await Promise.all(
    one.candidates.map((each) =>
      one.at(each).then(
        () => each,
        () => null,
      ),
    ),
  );
  return tried.flatMap((each) => each ?? []);
}

describe('verification against the kernel', () => {
  // What no txg was asked of shows nothing: it may have no tree to read by.
  it.each(ASKED.map((fixture) => [fixture.name, fixture.truth] as const))(
    '%s: where the kernel imports it counted the same errors, and nothing ends the traversal',
    async (name, { answers }) => {
      const one = await open(name);
      const verifier = createVerifier({ engine, oldestTxg: one.candidates.at(-1)?.txg ?? 0n });
      const wrong: string[] = [];
      for (const candidate of one.candidates) {
        const txg = candidate.txg.toString();
        for (const mode of ['ro', 'rw'] as const) {
          const answer = answers[mode][txg];
          if (answer?.rc !== 0 || answer.used.toString() !== txg) continue;
          const found = await verify(verifier, one, candidate, { readOnly: mode === 'ro', rewritten: 'logical' });
          const counts = `${found.metadataErrors},${found.dataErrors}`;
          const expected = answer.errs === '' ? '0,0' : answer.errs;
          if (counts !== expected || found.fatal !== null) wrong.push(`${mode} ${txg}: ${counts}, kernel ${expected}`);
        }
      }
      expect(wrong).toEqual([]);
    },
    60_000,
  );
});

describe('one verifier for all candidates', () => {
  const names = ['four-tops', 'version-28', 'torn-sector', 'all-checksums', 'random-rot'];
  const present = names.filter((name) => pools().some((each) => each.name === name));

  it.each(present)(
    '%s: finds at each, in any order, what a verifier of its own finds',
    async (name) => {
      const one = await open(name);
      const candidates = (await verifiable(one)).filter((_, i) => i < 4 || i % 6 === 0);
      const alone = new Map<Candidate, unknown>();
      for (const each of candidates) alone.set(each, findings(await verify(createVerifier({ engine }), one, each)));
      const orders = fc.shuffledSubarray(candidates, { minLength: candidates.length });
      const limits = fc.constantFrom(undefined, 0, 7, 300);
      const oldest = fc.constantFrom(0n, candidates.at(-1)?.txg ?? 0n, candidates[0]?.txg ?? 0n);
      await fc.assert(
        fc.asyncProperty(orders, limits, oldest, async (order, memory, oldestTxg) => {
          const verifier = createVerifier({ engine, oldestTxg, ...(memory === undefined ? {} : { memory }) });
          for (const each of order) expect(findings(await verify(verifier, one, each))).toEqual(alone.get(each));
        }),
        { numRuns: 6 },
      );
    },
    60_000,
  );

  it.each(present)(
    '%s: finds at each what a verifier of its own finds, with any of them under way at a time',
    async (name) => {
      const one = await open(name);
      const candidates = (await verifiable(one)).filter((_, i) => i < 6 || i % 6 === 0);
      const alone = new Map<Candidate, unknown>();
      for (const each of candidates) alone.set(each, findings(await verify(createVerifier({ engine }), one, each)));
      const orders = fc.shuffledSubarray(candidates, { minLength: 2 });
      const limits = fc.constantFrom(undefined, 0, 7, 300);
      const rewritten = fc.constantFrom('physical', 'logical');
      await fc.assert(
        fc.asyncProperty(orders, limits, rewritten, fc.boolean(), async (order, memory, birth, remembers) => {
          const oldestTxg = remembers ? 0n : (candidates[0]?.txg ?? 0n);
          const verifier = createVerifier({ engine, oldestTxg, ...(memory === undefined ? {} : { memory }) });
          const found = await Promise.all(order.map((each) => verify(verifier, one, each, { rewritten: birth })));
          expect(found.map(findings)).toEqual(order.map((each) => alone.get(each)));
        }),
        { numRuns: 8 },
      );
    },
    60_000,
  );

  it('reads what candidates share once, and the same for each, when they go on side by side', async () => {
    const one = await open('torn-sector');
    const candidates = await verifiable(one);
    const oldestTxg = candidates.at(-1)?.txg ?? 0n;
    const inTurn = createVerifier({ engine, oldestTxg });
    const counts: number[] = [];
    for (const each of candidates) counts.push((await verify(inTurn, one, each)).blocksChecked);
    const views = await Promise.all(candidates.map((each) => one.at(each)));
    const together = async () => {
      const verifier = createVerifier({ engine, oldestTxg });
      const options = { data: true, readOnly: true };
      const found = await Promise.all(views.map(({ view, reader }) => verifier.verify(view, { reader, ...options })));
      return found.map(({ blocksChecked }) => blocksChecked);
    };
    const sum = (of: readonly number[]) => of.reduce((a, b) => a + b, 0);
    const found = await together();
    expect(sum(found)).toBe(sum(counts));
    expect(await together()).toEqual(found);
  });

  it('reads a block that two candidates share for the first of them alone', async () => {
    const one = await open('torn-sector');
    const candidates = await verifiable(one);
    const verifier = createVerifier({ engine, oldestTxg: candidates.at(-1)?.txg ?? 0n });
    let [shared, apart] = [0, 0];
    for (const each of candidates) {
      shared += (await verify(verifier, one, each)).blocksChecked;
      apart += (await verify(createVerifier({ engine }), one, each)).blocksChecked;
    }
    expect(shared).toBeLessThan(apart / 3);
    const [newest] = candidates;
    if (newest === undefined) throw new Error('no candidate');
    expect((await verify(verifier, one, newest)).blocksChecked).toBe(0);
  });

  it('looks at metadata alone when content is not asked for', async () => {
    const one = await open('torn-sector');
    const [newest] = await verifiable(one);
    if (newest === undefined) throw new Error('no candidate');
    const all = await verify(createVerifier({ engine }), one, newest);
    const metadata = await verify(createVerifier({ engine }), one, newest, { data: false });
    expect(metadata.dataErrors).toBeNull();
    expect(metadata.blocksChecked).toBeLessThan(all.blocksChecked);
    expect(metadata.blocksChecked).toBeGreaterThan(0);
  });

  it('tells how far it has come, never backwards, and ends when it is told to', async () => {
    const one = await open('torn-sector');
    const [newest] = await verifiable(one);
    if (newest === undefined) throw new Error('no candidate');
    const verifier = createVerifier({ engine });
    const stop = new AbortController();
    const reason = new Error('enough');
    const stopped = verify(verifier, one, newest, { signal: stop.signal, onProgress: () => stop.abort(reason) });
    await expect(stopped).rejects.toBe(reason);
    const shares: number[] = [];
    const found = await verify(verifier, one, newest, { onProgress: ({ share }) => shares.push(share) });
    expect(shares.length).toBeGreaterThan(1);
    expect([...shares].sort((a, b) => a - b)).toEqual(shares);
    expect(shares.at(-1)).toBeLessThanOrEqual(1 + 1e-9);
    expect(findings(found)).toEqual(findings(await verify(createVerifier({ engine }), one, newest)));
  });
});
