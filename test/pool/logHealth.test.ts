import { describe, expect, it } from 'vitest';
import type { VdevConfig } from '../../src/format/vdevConfig.ts';
import { logHealth } from '../../src/pool/logHealth.ts';
import type { VdevNode } from '../../src/pool/pool.ts';
import { vdev } from './surveys.ts';

const node = (config: VdevConfig): VdevNode => ({
  config,
  role: 'log',
  device: null,
  children: config.children.map(node),
});
const offline = vdev(11n, { offline: true });
const faulted = vdev(12n, { faulted: true, auxState: 'external' });
const mirror = (...children: VdevConfig[]) => node(vdev(10n, { type: 'mirror', path: null, children }));

describe('a log that an import goes on without', () => {
  it('is not missed where it is closed by its own state', () => {
    expect(logHealth(node(offline))).toBe('closed');
    expect(logHealth(node(faulted))).toBe('closed');
  });

  it('is missed where no state of its own closes it, errors that were counted included', () => {
    expect(logHealth(node(vdev(13n)))).toBe('missing');
    expect(logHealth(node(vdev(13n, { faulted: true, auxState: 'err_exceeded', removed: true })))).toBe('missing');
  });

  it('is missed as a mirror unless all its disks are offline', () => {
    expect(logHealth(mirror(offline, vdev(14n, { offline: true })))).toBe('closed');
    expect(logHealth(mirror(faulted, vdev(14n, { auxState: 'external' })))).toBe('missing');
    expect(logHealth(mirror(offline, faulted))).toBe('missing');
  });
});
