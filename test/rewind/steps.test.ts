import { describe, expect, it } from 'vitest';
import { NO_COMMANDS } from '../../src/rewind/commands.ts';
import { type PlacedImage, wholePlace } from '../../src/rewind/importPlace.ts';
import type { Showing } from '../../src/rewind/showing.ts';
import { type Plan, type Step, showingSteps, stepsOf, stepsToImport, syncsFrom } from '../../src/rewind/steps.ts';

const commands = {
  ...NO_COMMANDS,
  readOnly: ['zpool', 'import', '-d', '/e/a', '-N', '-f', '-o', 'readonly=on', 'tank'],
  readWrite: ['zpool', 'import', '-d', '/e/a', '-N', '-f', 'tank'],
  pool: 'tank',
};

const image = (name: string, shownAt: string): PlacedImage => ({
  path: `/e/${name}`,
  remote: null,
  format: 'qcow2',
  snapshot: null,
  pieces: [],
  shards: null,
  grown: null,
  isShown: true,
  parts: [],
  name,
  shownAt,
});
/** Its disk is a device of the system, and a copy of the disk. */
const [attached, converted] = [image('a', '/dev/nbd0'), image('b', '/var/tmp/b.raw')];

const shown = (kind: Showing['kind'], within: PlacedImage | null = null): Showing => ({
  kind,
  place: wholePlace(`/e/${kind}`, 'file', kind, within),
  path: `/run/${kind}`,
  copy: kind === 'copy' || kind === 'padded-copy' ? `/var/tmp/${kind}` : '',
});

const plan = (about: Partial<Plan> = {}): Plan => ({
  commands,
  showings: [shown('as-is')],
  encrypted: false,
  writes: true,
  syncs: null,
  lostLogs: null,
  ...about,
});

/** The kinds in order, each with what it is about. */
const told = (steps: readonly Step[]): string[] =>
  steps.map((step) => {
    if ('showings' in step) return `${step.kind} ${step.showings.map(({ kind }) => kind).join()}`;
    if ('images' in step) {
      const mode = step.kind === 'open-images' ? (step.readOnly ? ' read-only' : ' read-write') : '';
      return `${step.kind} ${step.images.map(({ name }) => name).join()}${mode}`;
    }
    return step.kind;
  });

describe('the steps to a pool', () => {
  it('read, get the data out, export, and only then write', () => {
    expect(stepsOf(plan())).toEqual([
      {
        kind: 'import-read-only',
        command: ['zpool', 'import', '-d', '/e/a', '-R', '/mnt', '-N', '-f', '-o', 'readonly=on', 'tank'],
      },
      { kind: 'copy-out', pool: 'tank', encrypted: false },
      { kind: 'export', pool: 'tank' },
      { kind: 'import-read-write', command: commands.readWrite },
      { kind: 'export', pool: 'tank' },
    ]);
  });

  it('end with the export where nothing is to be written, or no command writes', () => {
    const read = ['import-read-only', 'copy-out', 'export'];
    expect(told(stepsOf(plan({ writes: false })))).toEqual(read);
    expect(told(stepsOf(plan({ commands: { ...commands, readWrite: [] } })))).toEqual(read);
  });

  it('are none where there is no command to read', () => {
    const none = { ...commands, readOnly: [] };
    expect(stepsOf(plan({ commands: none }))).toEqual([]);
    expect(stepsToImport(none, [shown('loop')])).toEqual([]);
  });

  it('outrun what is newer and give up a lost log before the export that ends them', () => {
    const last = (about: Partial<Plan>) => stepsOf(plan(about)).slice(4);
    expect(last({ syncs: 7n })).toEqual([
      { kind: 'outrun', pool: 'tank', syncs: 7n },
      { kind: 'export', pool: 'tank' },
    ]);
    expect(last({ syncs: 7n, lostLogs: [5n] }).slice(1, 2)).toEqual([
      { kind: 'remove-log', pool: 'tank', guids: [5n] },
    ]);
    expect(last({ lostLogs: [] }).slice(0, 1)).toEqual([{ kind: 'find-log', pool: 'tank' }]);
  });

  it('show what zpool does not open by itself, and take it away before it is shown to be written to', () => {
    const showings = [shown('as-is'), shown('loop'), shown('padded'), shown('copy'), shown('padded-copy')];
    expect(told(stepsOf(plan({ showings })))).toEqual([
      'copy copy,padded-copy',
      'show-read-only loop,padded,padded-copy',
      'import-read-only',
      'copy-out',
      'export',
      'detach loop,padded,padded-copy',
      'show-read-write loop,padded,padded-copy',
      'import-read-write',
      'export',
      'detach loop,padded,padded-copy',
    ]);
    expect(showingSteps([shown('as-is')])).toEqual([]);
  });

  it('open disk images first and close them last, each once, but for what is a copy', () => {
    const showings = [shown('loop', attached), shown('padded', attached), shown('loop', converted)];
    expect(told(stepsOf(plan({ showings })))).toEqual([
      'open-images a,b read-only',
      'show-read-only loop,padded,loop',
      'import-read-only',
      'copy-out',
      'export',
      'detach loop,padded,loop',
      'close-images a',
      'open-images a read-write',
      'show-read-write loop,padded,loop',
      'import-read-write',
      'export',
      'detach loop,padded,loop',
      'close-images a',
    ]);
    const copies = told(stepsOf(plan({ showings: [shown('as-is', converted)] })));
    expect(copies.filter((each) => each.includes('images'))).toEqual(['open-images b read-only']);
  });
});

it('so many txgs are written that the newest is passed, as long as somebody waits for it', () => {
  expect(syncsFrom(100n, 100n)).toBe(1n);
  expect(syncsFrom(90n, 100n)).toBe(11n);
  expect(syncsFrom(1n, 100_000n)).toBe(100_000n);
  expect(syncsFrom(0n, 100_000n)).toBeNull();
});
