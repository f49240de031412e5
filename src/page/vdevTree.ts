import type { PoolEntry, VdevEntry } from '../document/pool.types.ts';
import type { SourceEntry } from '../document/source.types.ts';
import { isDamaged } from '../text/sourceTrouble.ts';
import { type Html, html } from './html.ts';
import { section } from './parts.ts';
import { badge } from './tones.ts';
import type { Tone } from './verdictTones.ts';

const STATES: Readonly<Record<VdevEntry['state'], Tone>> = {
  present: 'good',
  degraded: 'warn',
  missing: 'bad',
  hole: 'note',
};

/** The tree of vdevs with their health, and the devices that no source is. */
export function vdevSection(
  id: string,
  pool: PoolEntry,
  sources: readonly SourceEntry[],
  handles: readonly string[],
): Html {
  const { expected, found, ok } = pool.guidSum;
  const sum = ok ? 'All devices of the pool are known: the sum of their guids is that of the newest uberblock.' : null;
  const off =
    expected === null
      ? null
      : `The guids of the known devices sum up to ${found}, the newest uberblock says ${expected}: a device is not known, or was changed.`;
  return section(
    `${id}-vdevs`,
    'Devices',
    pool.vdevs === null
      ? html`<p>No label has the tree of vdevs.</p>`
      : html`<ul class="tree">${branch(pool.vdevs, sources, handles)}</ul>`,
    missing(pool),
    html`<p class="dim">${sum ?? off}</p>`,
  );
}

function branch(vdev: VdevEntry, sources: readonly SourceEntry[], handles: readonly string[]): Html {
  const { type, role, guid, path, source, state, ashift, nparity, children } = vdev;
  const kind = `${type}${nparity === undefined ? '' : nparity}`;
  const name = role === 'normal' || type === 'root' ? kind : `${role} ${kind}`;
  const given = source === null ? undefined : sources[source];
  const labels = given?.labels.filter(isDamaged).length ?? 0;
  // Of the root nothing is to be said: a pool that imports without its log has a root that lacks a child.
  const health = type === 'root' ? null : html`${badge(STATES[state], state)} `;
  return html`<li><span class="vdev">${health}<strong>${name}</strong>${
    given === undefined
      ? null
      : html` <span class="handle">${handles[source ?? 0] ?? ''}</span> <code>${given.path}</code>`
  }${given === undefined && path !== null ? html` last at <code>${path}</code>` : null}${
    labels === 0 ? null : html` ${badge('warn', `${labels} of ${given?.labels.length ?? 0} labels damaged`)}`
  } <span class="dim">guid ${guid}${ashift === undefined ? '' : `, ashift ${ashift}`}</span></span>${
    children.length === 0 ? null : html`<ul>${children.map((child) => branch(child, sources, handles))}</ul>`
  }</li>`;
}

function missing({ missing }: PoolEntry): Html | null {
  if (missing.length === 0) return null;
  return html`<p>Missing:</p><ul>${missing.map(
    ({ type, guid, path, role }) =>
      html`<li>${role === 'normal' ? type : `${role} ${type}`}, guid ${guid}${path === null ? '' : html`, last at <code>${path}</code>`}</li>`,
  )}</ul>`;
}
