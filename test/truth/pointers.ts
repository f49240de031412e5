// Changes block pointers of pools in every way that OpenZFS has a rule for, asks OpenZFS's own code, and compares: npm run pointers -- POOL... --only TEXT
import { parseArgs } from 'node:util';
import { oneOf, refuse } from '../tools/askedFor.ts';
import { pool, pools } from '../tools/images.ts';
import { Judge } from './ask.ts';
import { comparePointers } from './comparePointers.ts';
import { nativePrograms } from './programs.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { only: { type: 'string', default: '' }, all: { type: 'boolean', default: false } },
});

const asked = positionals.length > 0 ? positionals : ['healthy-single'];
const names = pools().map(({ name }) => name);
for (const name of asked) oneOf('pool', name, names);
const programs = nativePrograms();
if (programs === null) console.log('pointers: libzpool or its headers are not to be had here: nothing was asked');
else {
  const judge = new Judge(programs.uask);
  let [answered, wrong] = [0, 0];
  for (const name of asked) {
    const answers = comparePointers(
      pool(name),
      (question) => judge.ask(question),
      (about) => about.includes(values.only),
    );
    for await (const { about, candidate, answer, contradiction } of answers) {
      answered++;
      if (contradiction !== null) wrong++;
      const ours = `${candidate?.verdict} ${candidate?.metadataErrors},${candidate?.dataErrors}`;
      const said = `${about}: ${ours}; OpenZFS ${answer.rc} ${answer.errs} ${answer.msg.split('\n', 1)[0]}`;
      if (contradiction !== null) console.log(`${said}\n    ${contradiction}`);
      else if (values.all) console.log(said);
    }
  }
  judge.close();
  if (answered === 0) refuse(`no change is told of with '${values.only}'`);
  console.log(`${answered} answers, ${wrong} contradictions`);
  process.exitCode = wrong > 0 ? 1 : 0;
}
