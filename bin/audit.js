// Asks whether holes are known in what we depend on, as far as those who list them can be reached from here.
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));

/** @typedef {{ name: string, program: string, args: readonly string[], count: (answer: any) => number | undefined }} Question */

/** @type {readonly Question[]} */
const QUESTIONS = [
  {
    name: 'what runs with us (npm)',
    program: 'npm',
    args: ['audit', '--json', '--omit=dev'],
    count: (answer) => answer.metadata?.vulnerabilities?.total,
  },
  {
    name: 'what builds and tests us (npm), grave ones',
    program: 'npm',
    args: ['audit', '--json'],
    count: ({ metadata: { vulnerabilities } = {} }) =>
      vulnerabilities && vulnerabilities.high + vulnerabilities.critical,
  },
  {
    name: 'crates in the addon (RustSec)',
    program: 'cargo',
    args: ['audit', '--json', '--file', join('native', 'Cargo.lock')],
    count: ({ vulnerabilities, warnings = {} }) =>
      vulnerabilities && vulnerabilities.count + Object.values(warnings).flat().length,
  },
];

/** @param {Question} question @returns {number | null} how many holes are known; null where nobody answers */
function ask({ program, args, count }) {
  const { stdout } = spawnSync(program, args, { cwd: ROOT, encoding: 'utf8', timeout: 300_000, maxBuffer: 1 << 28 });
  try {
    return count(JSON.parse(stdout)) ?? null;
  } catch {
    return null;
  }
}

/** @param {boolean} must be answered @returns {boolean} whether nobody knows of a hole */
export function audit(must) {
  let sound = true;
  for (const question of QUESTIONS) {
    const count = ask(question);
    const line = [question.program, ...question.args.filter((each) => each !== '--json')].join(' ');
    if (count === null) console.error(`audit: ${question.name}: nobody answers here; left out (${line})`);
    else console.error(`audit: ${question.name}: ${count} known${count > 0 ? `; see ${line}` : ''}`);
    sound &&= (count ?? (must ? 1 : 0)) === 0;
  }
  return sound;
}
