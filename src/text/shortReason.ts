/** Addresses of the copies of one block: the first names it. */
const COPIES = /(\d+:[0-9a-f]+)(?:, \d+:[0-9a-f]+)+/g;
/** Where the copies were looked for. */
const PLACES = /( is sound| fails its checksum on every copy) ?(?:\(|:).*?(?=; |$)/s;

/**
 * A reason as far as it fits beside a txg: which block it is, not where each copy was looked for, which is in the
 * document.
 */
export const shortReason = (reason: string): string => reason.replace(PLACES, '$1').replace(COPIES, '$1');
