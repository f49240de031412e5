import type { Files } from '../dataset/files.ts';
import type { Objset } from '../dataset/objset.ts';
import { orNull } from '../dataset/orNull.ts';
import { Zap } from '../dataset/zap.ts';
import { MASTER_NODE } from '../format/znode.layout.ts';
import { ATTRIBUTE_OBJECTS, MASTER_OBJECTS, VOLUME_OBJECTS } from './objectRoles.layout.ts';

/**
 * What the own objects of a filesystem or volume are for, and those of its space accounting: `delete queue`.
 *
 * @param files null where the master node does not read, or it is no filesystem
 * @throws the reason of `signal`
 */
export async function objsetRoles(
  objset: Objset,
  files: Files | null,
  signal?: AbortSignal,
): Promise<ReadonlyMap<bigint, string>> {
  const roles = new Map<bigint, string>();
  for (const { name, object } of objset.accounting()) roles.set(object.id, `space ${name.replace(' used', '')}s use`);
  if (objset.phys.type === 'zvol') {
    for (const [id, role] of Object.entries(VOLUME_OBJECTS)) roles.set(BigInt(id), role);
  }
  if (objset.phys.type !== 'zfs') return roles;
  roles.set(MASTER_NODE.object, 'master node');
  if (files === null) return roles;
  await addNamed(files.master, MASTER_OBJECTS, roles, signal);
  const attributes = [...roles].find(([, role]) => role === MASTER_OBJECTS[MASTER_NODE.attributes])?.[0];
  const object = attributes === undefined ? null : await orNull(() => objset.find(attributes, signal));
  const zap = object && (await orNull(() => Zap.open(object, signal)));
  if (zap !== null) await addNamed(zap, ATTRIBUTE_OBJECTS, roles, signal);
  return roles;
}

async function addNamed(
  zap: Zap,
  names: Readonly<Record<string, string>>,
  roles: Map<bigint, string>,
  signal: AbortSignal | undefined,
): Promise<void> {
  await orNull(async () => {
    for await (const { name, integers } of zap.entries({ signal, onTrouble: () => {} })) {
      const [object] = integers;
      const role = names[name];
      if (role !== undefined && object !== undefined) roles.set(object, role);
    }
    return null;
  });
}
