/** Where a disk is that lies behind a network, for who wants to reach it by other programs. */
export type RemotePlace =
  | {
      readonly kind: 'nbd';
      readonly uri: string;
      readonly tls: boolean;
    }
  | {
      readonly kind: 'http';
      /** Null where it has something in it that is not to be printed. */
      readonly url: string | null;
      /** The same without that. */
      readonly shown: string;
    };

/** What stands between a source and the map of ddrescue that it is named with: `?` of an address is for the server. */
export const beforeMap = (isRemote: boolean): string => (isRemote ? '#map=' : '?map=');
