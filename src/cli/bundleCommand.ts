import { UsageError } from '../bytes/errors.ts';
import type { BundleCheckDocument, BundleDocument } from '../document/bundleDocument.ts';
import { bundleCheckText, bundleText } from '../text/bundleText.ts';
import { answering } from './answer.ts';
import type { BUNDLE_OPTIONS } from './commandOptions.ts';
import { bundleCheckStatus, bundleStatus } from './exitStatus.ts';

export const bundle = answering<typeof BUNDLE_OPTIONS, BundleDocument>({
  makesOutput: true,
  async ask(library, { sources, values }, { progress, signal }) {
    const { output, 'without-names': withoutNames, 'with-identity': withIdentity } = values;
    if (output === null) throw new UsageError('bundle: say where to: -o FILE, or --check to check one');
    return library.writeBundle(sources, output, { withoutNames, withIdentity, progress, signal });
  },
  text: (page, document, { quiet }) => [bundleText(page, document, quiet)],
  status: bundleStatus,
});

export const checkBundles = answering<typeof BUNDLE_OPTIONS, BundleCheckDocument>({
  makesOutput: true,
  async ask(library, { sources, values: { output } }, { progress, signal }) {
    if (output !== null) throw new UsageError('bundle: --check and -o exclude each other');
    return library.checkBundles(sources, { progress, signal });
  },
  text: (page, document) => [bundleCheckText(page, document)],
  status: bundleCheckStatus,
});
