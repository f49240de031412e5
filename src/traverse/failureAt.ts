import type { ZfsUberError } from '../bytes/errors.ts';
import { Blkptr } from '../format/blkptr.ts';
import { OBJECT_TYPE } from '../format/objectTypes.ts';
import { errorCause } from '../pool/errorCause.ts';
import type { Child } from './children.ts';
import type { PointerScan } from './pointerScan.ts';
import type { BlockRole, Failure } from './summary.ts';
import { isLoss, placeOf } from './walkNode.ts';

/** A block that fails, as it is told of. */
interface Failed {
  readonly bp: Blkptr;
  /** Null for a pointer that OpenZFS would not follow. */
  readonly error: ZfsUberError | null;
  readonly role: BlockRole;
  /** Metadata whatever the pointer says. */
  readonly metadata: boolean;
}

/** @param scan is left at the pointer */
export function failureAt(scan: PointerScan, child: Child, { bp, error, role, metadata }: Failed): Failure {
  scan.at(child.view, child.at, child.littleEndian);
  // Intent log blocks count as data, whatever their level says.
  const isMetadata = metadata || (scan.metadata && scan.type !== OBJECT_TYPE.intentLog);
  return {
    kind: isMetadata ? 'metadata' : 'data',
    counted: error === null || isLoss(error),
    because: error === null ? 'damage' : errorCause(error),
    what: role,
    ...placeOf(child),
    bp: new Blkptr(bp.bytes.slice(), child.littleEndian, bp.place),
    error,
  };
}
