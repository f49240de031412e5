import { createHash } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { heldEnds } from '../../source/network/heldEnds.ts';
import { openHttp } from '../../source/network/httpSource.ts';
import { NbdConnection } from '../../source/network/nbdConnection.ts';
import { NbdHandshake } from '../../source/network/nbdHandshake.ts';
import { openNbd } from '../../source/network/nbdSource.ts';
import { heardSource } from '../fileHost.ts';
import type { FileSource } from '../fileSource.ts';
import type { NbdAddress, NetworkAddress } from './address.ts';
import { httpGet } from './httpGet.ts';
import { type NetworkPatience, openSocket, PATIENCE } from './socketStream.ts';

/**
 * Opens a source on a network: the only place that makes connections, and only for an address that was given.
 *
 * @throws SourceError, LimitError, UnsupportedError when it cannot be had
 */
export async function openNetworkSource(
  address: NetworkAddress,
  patience: NetworkPatience = PATIENCE,
): Promise<FileSource> {
  const { shown: name } = address;
  const pauses = patience.pausesMs.map((ms) => async (leastMs: number) => void (await wait(Math.max(ms, leastMs))));
  const isFile = { block: false, sectorSize: null, diskOffset: 0 };
  if (address.kind === 'http') {
    const get = httpGet(address, patience);
    const source = await heardSource(name, () => openHttp({ name, get, pauses }));
    const { href } = address.url;
    // A bundle tells what is the same disk, and nobody the address.
    const disk = `http ${createHash('sha256').update(href).digest('hex')}`;
    const origin = { kind: 'http', url: address.secret ? null : href, shown: name } as const;
    return { ...heldEnds(source), ...isFile, origin, disk, close: async () => undefined };
  }
  const connect = () => connection(address, patience);
  const source = await heardSource(name, () => openNbd({ name, connect, pauses }));
  const close = async () => source.close();
  const origin = { kind: 'nbd', uri: address.uri, tls: address.tls } as const;
  return { ...heldEnds(source), ...isFile, origin, disk: `nbd ${address.uri}`, close };
}

async function connection(address: NbdAddress, patience: NetworkPatience): Promise<NbdConnection> {
  const { shown: name, tls, exportName } = address;
  const socket = await openSocket(address, name, patience);
  try {
    const handshake = await NbdHandshake.begin(socket, name);
    if (tls) await handshake.startTls(() => socket.upgrade());
    return new NbdConnection(await handshake.open(exportName), name);
  } catch (error) {
    socket.close();
    throw error;
  }
}
