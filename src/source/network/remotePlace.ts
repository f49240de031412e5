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
