// In a page: the files that somebody picks are read where they are, and nothing of them leaves the browser.
//
//   npx esbuild in-a-browser.ts --bundle --format=esm --outfile=page.js
//   <input type="file" multiple> <pre></pre> <script type="module" src="page.js"></script>
import { type ByteSource, openBlockReader, pureEngine, scanPools, surveyDevice } from 'zfs-uber/parser';

interface Picked extends Blob {
  readonly name: string;
}
declare const document: {
  querySelector(name: 'input'): { readonly files: Iterable<Picked>; onchange: () => void };
  querySelector(name: 'pre'): { textContent: string };
};

const sourceOf = (file: Picked): ByteSource => ({
  name: file.name,
  size: file.size,
  read: async (offset, length) => new Uint8Array(await file.slice(offset, offset + length).arrayBuffer()),
});

async function report(files: Iterable<Picked>): Promise<string> {
  const devices = await Promise.all([...files].map((file) => surveyDevice(sourceOf(file), pureEngine)));
  const engine = pureEngine;
  const { judgements } = await scanPools(
    devices,
    ({ root }) => (root === null ? null : openBlockReader(root, { engine })),
    { depth: 'meta', blocks: { engine, open: (root, more) => openBlockReader(root, { engine, ...more }) } },
  );
  if (judgements.length === 0) return 'no pool';
  return judgements
    .map(
      ({ pool, recommendation }) =>
        `${pool.name}: ${recommendation === null ? 'no txg' : `txg ${recommendation.candidate.candidate.txg}`}`,
    )
    .join('\n');
}

const input = document.querySelector('input');
const output = document.querySelector('pre');
input.onchange = () => {
  report(input.files).then(
    // As text, never as HTML: a name from a pool may hold anything.
    (text) => (output.textContent = text),
    (error) => (output.textContent = String(error)),
  );
};
