/** What a log holds, by vdev and metaslab: three numbers an entry. */
export type LogEntries = ReadonlyMap<number, Float64Array>;

/** A metaslab as it was when its accounts added up last, kept with its space map: most are the same at the next txg. */
export class AddsUp {
  #units = 0;
  #start = 0;
  #logs: readonly LogEntries[] = [];

  note(units: number, start: number, logs: readonly LogEntries[]): void {
    this.#units = units;
    this.#start = start;
    this.#logs = logs;
  }

  /** Whether it is known to add up with these logs: the same ones, not equal ones. */
  holds(units: number, start: number, logs: readonly LogEntries[]): boolean {
    if (units !== this.#units || start !== this.#start || logs.length !== this.#logs.length) return false;
    return logs.every((log, i) => log === this.#logs[i]);
  }
}
