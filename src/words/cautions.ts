import type { Caution } from '../rewind/caution.ts';
import { count, list, span } from './amounts.ts';
import { MOS_WORDS } from './readings.ts';

type Of<Kind extends Caution['kind']> = Extract<Caution, { readonly kind: Kind }>;

/** A sentence or more. Names in it are raw text of the image: escape them before they reach a terminal. */
export function cautionText(caution: Caution): string {
  switch (caution.kind) {
    case 'written-by-another-host':
      return 'Another host writes to the pool right now: do not import it read-write.';
    case 'work-on-copy':
      return 'Work on a copy or an overlay of the devices, never on the only original. Import read-only first.';
    case 'not-checked':
      return 'Not everything below the root block was checked: the import may still fail or find damage.';
    case 'multihost':
      return 'Make sure that no other host has the pool imported: multihost is on.';
    case 'two-histories':
      return 'The devices hold two histories: an import with all of them overwrites one. The commands name the devices of one; keep the others unplugged.';
    case 'trims':
      return 'Written to, the pool trims or overwrites unused space: every other txg is lost then.';
    case 'resilvers-stale-leg':
      return 'A device that stayed behind is resilvered by a read-write import: copy it first if it may be needed.';
    case 'copy-unread':
      return `Copy ${list(caution.devices)} to a sound disk first (ddrescue) and scan the copy: txg ${caution.txg} fails for read errors there and for nothing else, and may import from the copy. To go back to txg ${caution.best} read-write gives it up for good.`;
    case 'find-newer-copies':
      return `Look for a newer copy of ${list(caution.devices)} first and scan again with it: ${caution.filesLack ? '' : `only there can be what was written to ${caution.vdev} after txg ${caution.until}, and `}${lackingText(caution)}.`;
    case 'find-missing': {
      const names = caution.vdevs.map(({ type, path, guid }) => `${path ?? type} (guid ${guid})`);
      const them = names.length === 1 ? 'it' : 'them';
      return `Find ${list(names)} first and scan again with ${them}: only there can be what was written after txg ${caution.until}, and ${lackingText(caution)}.`;
    }
    case 'find-lost': {
      const names = caution.vdevs.map(({ type, path, guid, id }) =>
        type === 'missing' ? `what was top-level vdev ${id ?? '?'}` : `${path ?? type} (guid ${guid})`,
      );
      const them = names.length === 1 ? 'it' : 'them';
      return `Find ${list(names)} first and scan again with ${them}: newer txgs lack nothing else that is known, and to rewind and write is to give those up.`;
    }
    case 'checkpoint-gives-up':
      return `${givesUpText(caution)} for good: OpenZFS writes the checkpoint into the rings as a txg newer than all, and keeps it as a checkpoint no more.`;
    case 'gives-up':
      return `${givesUpText(caution)} what only ${caution.uberblocks === 1 ? 'it uses' : 'they use'} is overwritten from then on.`;
    case 'newer-stay':
      return `The newer uberblocks stay in the rings: until the pool has written past txg ${caution.newest}, an import after an export or crash takes one of them (OpenZFS issue 19163).`;
    case 'added-later':
      return `The labels at hand are older than the zpool add of ${list(caution.vdevs)}, which ${MOS_WORDS} alone knows: look for it and scan again with it.`;
    case 'removal-goes-on':
      return `${caution.vdev} is being removed: a read-write import goes on with that at once, copying and freeing.`;
    case 'spare-in-use':
      return `The hot spare ${caution.by} stands in for ${caution.of}: a read-write import resilvers on. Detached, the spare is free again; detached, the other leaves it in its place.`;
    case 'replacement-goes-on':
      return `${caution.by} is taking the place of ${caution.of}: a read-write import resilvers on, and then lets ${caution.of} go.`;
  }
}

const lackingText = ({ filesLack, vdev, until }: Of<'find-missing' | 'find-newer-copies'>): string =>
  filesLack
    ? `what the pool wrote to ${vdev} after txg ${until} is not here, and files lack it`
    : 'to rewind and write is to give that up';

function givesUpText({ kind, uberblocks, newest, oldest, seconds }: Of<'gives-up' | 'checkpoint-gives-up'>): string {
  const which =
    uberblocks === 1 ? `txg ${newest}` : `${count(uberblocks, 'newer uberblock')} (txg ${oldest} to ${newest})`;
  return `A read-write import gives up ${which}, ${span(seconds)} of writing${kind === 'gives-up' ? ':' : ','}`;
}
