// Says of the images that somebody chose in a page which txg their pools can be rewound to. Nothing is uploaded: of each
// file only what is needed is read.
//
//   input.onchange = async () => { output.textContent = (await answersTo([...input.files])).join('\n'); };
import { type BlobLike, blobSource, scan } from 'zfs-uber/parser';

export async function answersTo(files: readonly (BlobLike & { readonly name: string })[]): Promise<string[]> {
  const { pools, sources } = await scan(
    files.map((file) => blobSource(file, file.name)),
    { depth: 'meta' },
  );
  const found = pools.map(({ name, recommendation }) => `${name}: txg ${recommendation?.txg ?? 'none'}`);
  const unread = sources.flatMap(({ path, error }) => (error === null ? [] : [`${path}: ${error.message}`]));
  return [...found, ...unread];
}
