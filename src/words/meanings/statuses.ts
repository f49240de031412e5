/** What an exit status of the command says, as lines of Markdown. In the order of docs/exit-status.md, which `npm run docs` makes of it. */
export const STATUS_MEANINGS: Readonly<Record<number, { readonly says: string; readonly todo: string }>> = {
  0: { says: 'done; at least one pool was found', todo: 'read the answer' },
  1: {
    says: 'done; no trace of ZFS in any source, all of which were read',
    todo: 'is it the right device, or a part of one?',
  },
  2: {
    says: 'wrong usage: unknown option, bad value, a txg or dataset that there is not',
    todo: '`zfs-uber COMMAND --help`',
  },
  3: {
    says: 'done as far as possible: a source could not be opened or read in part, or the work was stopped; the document says which. `overlay`: none was made, `refusal` says why',
    todo: 'look at the end of the report: the rest is still right',
  },
  4: { says: 'the output could not be written whole; stderr says why', todo: 'make room, and run it again' },
  70: {
    says: 'a bug in zfs-uber, or the program could not begin: Node is too old, it was not built, a file of the package is missing or damaged; stderr says which',
    todo: 'report it with what stderr says; nothing is said of the sources',
  },
};
