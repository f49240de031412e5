import { guidText } from '../../bytes/guidText.ts';
import type { ByteSource } from '../source.ts';
import { diskSize, ImageFile, NOT_IN_FILE, type OpenedImage } from './imageFile.ts';
import { mappedSource } from './mapped.ts';
import { openParent, parentExtent } from './parent.ts';
import type { ImageFolder } from './siblings.ts';
import { VDI_ENTRY, VDI_HEADER, VDI_TYPE } from './vdi.layout.ts';

/** Source: VirtualBox makes blocks of 1 MiB; anything up to this is read. */
const LARGEST_BLOCK = 64 * 1024 * 1024;

/**
 * The disk in a VDI of any type. A differencing image names its parent by a number only, and which file that is stands in
 * the settings of the machine: what it has not of its own is unread, unless a file of the name that VirtualBox gives to
 * snapshots' parents is found.
 *
 * @throws FormatError for a header that contradicts itself
 */
export async function openVdi(source: ByteSource, folder: ImageFolder): Promise<OpenedImage> {
  const file = new ImageFile(source, 'VDI image');
  const header = await file.structure(VDI_HEADER, 0, true);
  const { blockSize, blocks, tableOffset, dataOffset, blockExtra, type } = header;
  if (blockSize < 512 || blockSize > LARGEST_BLOCK || (blockSize & (blockSize - 1)) !== 0) {
    throw file.wrong('block size', 0x178, 'a power of two from 512 to 64 MiB', blockSize);
  }
  const size = diskSize(file, header.size);
  if (blocks * blockSize < size) throw file.wrong('blocks', 0x180, `${Math.ceil(size / blockSize)} or more`, blocks);
  const derived = type === VDI_TYPE.differencing || type === VDI_TYPE.undo;
  const parent = derived ? await openParent(file, folder, `{${guidText(header.parentUuid)}}.vdi`, null) : null;
  const stride = blockSize + blockExtra;
  const disk = mappedSource(source.name, {
    size,
    async extentAt(offset, wanted) {
      const index = Math.floor(offset / blockSize);
      const from = offset - index * blockSize;
      const entryAt = tableOffset + index * 4;
      // All of the table behind the end of the file is not there.
      if (!file.has(entryAt, 4)) return { kind: 'unread', why: NOT_IN_FILE, length: size - offset };
      const entry = (await file.table(entryAt, 4))?.getUint32(0, true);
      const none = entry === VDI_ENTRY.zero || entry === VDI_ENTRY.free;
      const isSame = (entries: DataView, each: number): boolean => entries.getUint32(each, true) === entry;
      const most = Math.min(blocks - index, Math.ceil((from + wanted) / blockSize));
      const alike = none ? await file.alike(entryAt, 4, most, isSame) : 1;
      const length = Math.min(alike * blockSize - from, size - offset);
      if (entry === VDI_ENTRY.free && parent !== null) return parentExtent(parent, offset, length);
      if (none) return { kind: 'zero', length };
      const at = dataOffset + (entry ?? 0) * stride + blockExtra + from;
      if (entry === undefined || at >= source.size) return { kind: 'unread', why: NOT_IN_FILE, length };
      return { kind: 'data', source, at, length: Math.min(length, source.size - at) };
    },
  });
  // Source: QEMU, block/vdi.c, vdi_open
  return { disk, troubles: parent?.troubles ?? [], byQemu: derived ? 'shows-none' : 'writes' };
}
