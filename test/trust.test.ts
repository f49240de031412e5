import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { npmParts } from '../bin/licences.js';
import { newerSymbols, PLATFORMS } from '../bin/platforms.js';
import manifest from '../package.json' with { type: 'json' };
import { VERSION } from '../src/api/version.ts';
import { built, COMMAND } from './tools/command.ts';
import { pool, poolImages } from './tools/images.ts';

// What a stranger who installs the package has to believe otherwise.

const ROOT = join(import.meta.dirname, '..');
const text = (name: string): string => readFileSync(join(ROOT, name), 'utf8');
const lock = JSON.parse(text('package-lock.json')) as {
  packages: Record<string, { hasInstallScript?: boolean; dev?: boolean; integrity?: string; resolved?: string }>;
};

beforeAll(built, 120_000);

describe.skipIf(spawnSync('strace', ['-V']).status !== 0)('a run', () => {
  it.each([['scan', '--depth', 'data'], ['labels'], ['datasets']])(
    'opens no socket of a network: %s',
    async (...args) => {
      const folder = mkdtempSync(join(tmpdir(), 'zfs-uber-trust-'));
      const trace = join(folder, 'trace');
      const images = await poolImages(pool('demo'));
      const traced = (program: readonly string[]) => {
        const { status } = spawnSync('strace', ['-f', '-e', 'trace=socket,connect,execve', '-o', trace, ...program]);
        return {
          status,
          sockets: readFileSync(trace, 'utf8').match(/AF_INET6?|AF_NETLINK/g),
          ran: readFileSync(trace, 'utf8'),
        };
      };
      try {
        const run = traced([process.execPath, COMMAND, ...args, ...images]);
        expect(run).toMatchObject({ status: 0, sockets: null });
        // Itself, and no other program.
        expect(run.ran.match(/execve\(/g)).toHaveLength(1);
        // What shows that this test would notice.
        const connect = "require('node:net').connect(9, '127.0.0.1').on('error', () => {})";
        expect(traced([process.execPath, '-e', connect]).sockets).not.toBeNull();
      } finally {
        rmSync(folder, { recursive: true });
      }
    },
  );
});

describe('what the package depends on', () => {
  it('runs no script when it is installed', () => {
    const scripted = Object.entries(lock.packages).filter(([, { hasInstallScript }]) => hasInstallScript);
    expect(scripted.filter(([, { dev }]) => dev !== true)).toEqual([]);
    // Of what only builds it: esbuild looks whether its binary is there.
    expect(scripted.map(([path]) => path)).toEqual(['node_modules/esbuild']);
    expect(Object.keys(manifest.scripts).filter((name) => /install|^prepare$/.test(name))).toEqual([]);
  });

  it('is pinned, by version and by content', () => {
    const wanted = Object.values({ ...manifest.dependencies, ...manifest.devDependencies });
    expect(wanted.filter((version) => !/^\d+\.\d+\.\d+$/.test(version))).toEqual([]);
    const packages = Object.entries(lock.packages).filter(([path]) => path !== '');
    expect(packages.filter(([, { integrity }]) => integrity === undefined)).toEqual([]);
  });

  it('stands in THIRD-PARTY.md with a licence that lets it be used with ours', () => {
    const listed = text('THIRD-PARTY.md');
    const parts = npmParts();
    expect(parts.length).toBeGreaterThan(5);
    for (const { name, version, licence } of parts) {
      expect(listed).toContain(`| ${name} | ${version} | ${licence} |`);
      expect(licence).toMatch(/^[( ]*(MIT|ISC|BSD-3-Clause|Apache-2\.0|Zlib)( AND (MIT|ISC|BSD-3-Clause|Zlib))?[) ]*$/);
    }
    for (const [, name, version] of text('native/Cargo.lock').matchAll(/name = "(.+)"\nversion = "(.+)"\nsource = /g)) {
      expect(listed).toContain(`| ${name} | ${version} |`);
    }
  });
});

describe('the audit', () => {
  const NO_HOLES = { vulnerabilities: { total: 0, high: 0, critical: 0 } };

  /** @param answers of the programs that are asked; of the others there are none */
  function audited(answers: Readonly<Record<string, unknown>>, ...args: string[]) {
    const folder = mkdtempSync(join(tmpdir(), 'zfs-uber-audit-'));
    try {
      for (const [program, answer] of Object.entries(answers)) {
        writeFileSync(join(folder, program), `#!/bin/sh\necho '${JSON.stringify(answer)}'\n`, { mode: 0o755 });
      }
      const { status, stderr } = spawnSync(process.execPath, [join(ROOT, 'bin', 'develop.js'), 'audit', ...args], {
        encoding: 'utf8',
        env: { PATH: folder },
      });
      return { status, said: stderr.split('\n').map((line) => line.replace(/^audit: .*?: (.*?)[;(].*/, '$1')) };
    } finally {
      rmSync(folder, { recursive: true });
    }
  }

  it('fails where a hole is known, in packages or in crates', () => {
    const cargo = { vulnerabilities: { count: 0 }, warnings: {} };
    expect(audited({ npm: { metadata: NO_HOLES }, cargo })).toMatchObject({ status: 0 });
    const holes = { vulnerabilities: { total: 1, high: 0, critical: 0 } };
    expect(audited({ npm: { metadata: holes }, cargo })).toMatchObject({ status: 1 });
    expect(audited({ npm: { metadata: NO_HOLES }, cargo: { vulnerabilities: { count: 1 } } })).toMatchObject({
      status: 1,
    });
    const unmaintained = { vulnerabilities: { count: 0 }, warnings: { unmaintained: [{}] } };
    expect(audited({ npm: { metadata: NO_HOLES }, cargo: unmaintained })).toMatchObject({ status: 1 });
  });

  it('says who did not answer, which only who must know takes for a failure', () => {
    const refused = { npm: { message: '405 Method Not Allowed' } };
    expect(audited(refused)).toMatchObject({ status: 0, said: expect.arrayContaining(['nobody answers here']) });
    expect(audited(refused, '--must')).toMatchObject({ status: 1 });
  });
});

describe('the version', () => {
  it('is one, in the manifest, the lock, the program and the addon', () => {
    const { version } = manifest;
    expect(VERSION).toBe(version);
    expect(JSON.parse(text('package-lock.json'))).toMatchObject({ version });
    expect(text('native/Cargo.toml')).toContain(`version = "${version}"`);
  });
});

describe('the addon for other machines', () => {
  it('is built in the workflow for each platform that has a package', () => {
    const release = text('.github/workflows/release.yml');
    for (const { target } of PLATFORMS) expect(release).toContain(target);
  });

  it('is refused where it wants a newer glibc than 2.17', () => {
    expect(newerSymbols(Buffer.from('\0GLIBC_2.2.5\0GLIBC_2.17\0'))).toEqual([]);
    expect(newerSymbols(Buffer.from('\0GLIBC_2.2.5\0GLIBC_2.34\0'))).toEqual(['GLIBC_2.34']);
  });
});

describe('the workflows', () => {
  const folder = join(ROOT, '.github', 'workflows');

  it('use actions at a version, and give no more rights than a job needs', () => {
    expect(existsSync(folder)).toBe(true);
    for (const name of readdirSync(folder)) {
      const workflow = readFileSync(join(folder, name), 'utf8');
      for (const [, used] of workflow.matchAll(/uses: *(\S+)/g)) expect(used).toMatch(/^[\w-]+\/[\w-]+@v\d+(\.\d+)*$/);
      expect(workflow).toMatch(/^permissions:\n {2}contents: read$/m);
    }
  });
});
