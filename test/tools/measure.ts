import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What a process took, start included. */
export interface Run {
  readonly ms: number;
  /** Of the processor, all threads. */
  readonly cpu: number;
  /** Bytes at the peak; 0 of another program than Node. */
  readonly rss: number;
  /** Reads of files; of Node alone. */
  readonly reads: Reads;
  readonly stdout: string;
}

export interface Reads {
  readonly count: number;
  /** The longest chain of which each began after the one before had ended. */
  readonly inARow: number;
}

/** Loaded into Node before anything else; writes what the process took when it ends. */
const METER = `
const fs = process.getBuiltinModule('node:fs');
const { read, writeFileSync } = fs;
const reads = [];
fs.read = (...args) => {
  const begin = performance.now();
  const done = args.pop();
  read(...args, (...answer) => {
    reads.push([begin, performance.now()]);
    done(...answer);
  });
};
process.on('exit', () => {
  let [inARow, end] = [0, -1];
  for (const [begin, done] of reads.sort((a, b) => a[1] - b[1])) if (begin >= end) [inARow, end] = [inARow + 1, done];
  const rss = process.resourceUsage().maxRSS * 1024;
  writeFileSync(process.env.METER_FILE, JSON.stringify({ rss, reads: { count: reads.length, inARow } }));
});`;

/** What bash says of the processes that it waited for: the second line of \`times\`, user and system. */
const IN_BASH = '"$@" >"$METER_STDOUT"; status=$?; times >"$METER_TIMES"; exit $status';

/**
 * Runs a program in a process of its own.
 *
 * @param folder for what it says
 * @throws Error when it fails: a failed run is fast and proves nothing; a scan that found damage has not
 */
export function run(program: string, args: readonly string[], folder: string): Run {
  const [stdout, times, meter] = ['stdout', 'times', 'meter.json'].map((file) => join(folder, file)) as [
    string,
    string,
    string,
  ];
  const isNode = program === process.execPath;
  const loaded = isNode ? ['--import', `data:text/javascript,${encodeURIComponent(METER)}`] : [];
  const env = { ...process.env, METER_FILE: meter, METER_STDOUT: stdout, METER_TIMES: times };
  const command = ['-c', IN_BASH, 'bash', program, ...loaded, ...args];
  const start = process.hrtime.bigint();
  const { status, stderr } = spawnSync('bash', command, { encoding: 'utf8', env });
  const ms = Number(process.hrtime.bigint() - start) / 1e6;
  if (status === null || status > 1) throw new Error(`${program} ${args.join(' ')}: status ${status}\n${stderr}`);
  const nothing = { rss: 0, reads: { count: 0, inARow: 0 } };
  const used = isNode ? (JSON.parse(readFileSync(meter, 'utf8')) as typeof nothing) : nothing;
  return { ms, cpu: processorTime(readFileSync(times, 'utf8')), ...used, stdout: readFileSync(stdout, 'utf8') };
}

/** @param times `0m0.001s 0m0.002s`, of the shell and, on the second line, of its children */
function processorTime(times: string): number {
  const [, children = ''] = times.split('\n');
  let ms = 0;
  for (const [, minutes = '', seconds = ''] of children.matchAll(/(\d+)m([\d.,]+)s/g)) {
    ms += Number(minutes) * 60_000 + Number(seconds.replace(',', '.')) * 1000;
  }
  return ms;
}
