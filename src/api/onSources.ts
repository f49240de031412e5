import { UsageError } from '../bytes/errors.ts';
import { isOnOutput } from '../node/outputIs.ts';
import { parseImageSpec, parseSlice } from '../node/sourceSpec.ts';

/** @throws UsageError when what is written to `file` could reach a source; `specs` as on the command line */
export function refuseOnSources(file: string, specs: readonly string[]): void {
  for (const spec of specs) {
    const paths = [spec, parseSlice(spec)?.path, parseImageSpec(spec)?.path];
    if (paths.some((path) => path !== undefined && isOnOutput(file, path))) {
      throw new UsageError(`${file} is or lies on ${spec}, which is only read`);
    }
  }
}
