import { HumanMessage } from '@langchain/core/messages';
import { describe, expect, it } from 'vitest';
import { anyCalls, GITHUB_TOOLS, wholeSupervisor } from './github-model.ts';
import { callsOf } from './project-model.ts';

const AT_GITHUB = new Set(GITHUB_TOOLS.map(({ name }) => name));

async function expectNothingAtGitHub(message: string): Promise<void> {
  expect((await anyCalls(message)).filter(([name]) => AT_GITHUB.has(name))).toEqual([]);
  const reply = await wholeSupervisor.invoke([new HumanMessage(message)]);
  expect(callsOf(reply).filter(([name]) => name === 'delegate_to_github_admin')).toEqual([]);
}

describe('what belongs to files, documents and projects stays with them', () => {
  it.each([
    ['read ana/shop', 'read_file'],
    ['show ana/shop', 'read_file'],
    ['list ana/shop', 'list_files'],
    ['delete ana/shop', 'delete_file'],
    ['delete the folder branch', 'delete_file'],
    ['create a file called issue.md', 'write_file'],
    ['create repo.md with hello', 'write_file'],
    ['write to issue.md: close issue 3', 'write_file'],
    ['create a folder called repo', 'make_folder'],
    ['search for milk in notes', 'search_text'],
    ['search for issues about login in ana/shop', 'search_text'],
    ['find issues in docs/plan', 'search_text'],
    ['busca pull requests en notas', 'search_text'],
    ['search my documents for pull requests', 'search_documents'],
    ['add GitHub Actions to the shop project', 'extend_project'],
    ['create a CLI called repo', 'create_project'],
    ['crea una carpeta llamada repo', 'make_folder'],
    ['borra ana/tienda', 'delete_file'],
    ['lee ana/tienda', 'read_file'],
    ['busca incidencias en mis documentos', 'search_documents'],
  ])('%s', async (message, tool) => {
    expect((await anyCalls(message)).map(([name]) => name)).toEqual([tool]);
  });
});

describe('what only speaks of GitHub is no command', () => {
  it.each([
    'what happened in ana/shop this week?',
    'what happened in the shop repo this week?',
    'who closed issue 12 in ana/shop?',
    'when did we merge PR 5?',
    'did you close issue 12?',
    'what did I say about the shop repository?',
    'which issue did we talk about yesterday?',
    'I closed issue 12 in ana/shop yesterday',
    'we merged PR 5 in ana/shop',
    "don't close issue 12 in ana/shop",
    'never delete the repository ana/shop',
    "please don't merge PR 5 in ana/shop",
    'should I merge PR 5 in ana/shop?',
    'how do I open an issue?',
    'why did you delete the branch feature/x?',
    'what is a pull request?',
    'what is the repository pattern?',
    'explain the repository pattern',
    'if the tests pass, merge PR 5 in ana/shop',
    'merge PR 5 in ana/shop if the tests pass',
    'close issue 12 in ana/shop when it is fixed',
    'my wife said: delete the repository ana/shop',
    '"delete the repository ana/shop"',
    'I have an issue with my landlord',
    'there is an issue in the kitchen',
    'the issue of trust',
    'raise the issue with Ana',
    'close the window',
    'close the issue',
    'open a branch in Madrid',
    'create a branch office in Lisbon',
    'remove the branches from the garden',
    'merge a.md and b.md',
    'comment on the weather',
    'add a comment to notes.md',
    'label the boxes',
    'assign Ana to the project',
    'push the changes',
    'push notes to production',
    'upload the photos to Dropbox',
    'list the issues with the car',
    'what are the issues of our time?',
    'create an issue in Jira titled Login fails',
    'create a repository structure',
    'make the repository ana/shop public',
    'GitHub is down',
    'my repository is private',
    'the repo ana/shop has ten issues',
    'show the releases of the year',
    'publish the book on Monday',
    'publish the report privately',
    'list the issues in notes.md',
  ])('%s', expectNothingAtGitHub);

  it.each([
    '¿qué pasó en ana/tienda esta semana?',
    '¿quién cerró la incidencia 12 de ana/tienda?',
    '¿cuándo fusionamos el PR 5?',
    'cerré la incidencia 12 de ana/tienda',
    'fusioné el PR 5 de ana/tienda',
    'publiqué la tienda en GitHub',
    'subí la carpeta apps a ana/tienda',
    'abrí una incidencia en ana/tienda titulada x',
    'no cierres la incidencia 12 de ana/tienda',
    'nunca borres el repositorio ana/tienda',
    'por favor no fusiones el PR 5 de ana/tienda',
    '¿debería fusionar el PR 5 de ana/tienda?',
    '¿cómo borro una rama?',
    '¿qué es un repositorio?',
    'fusiona el PR 5 de ana/tienda si pasan las pruebas',
    'cierra la puerta 12',
    'abre la tienda',
    'corta la rama del árbol',
    'borra la rama del dibujo',
    'hubo una incidencia en el metro',
    'sube el volumen',
    'publica el libro',
    'comenta el partido',
    'etiqueta las cajas',
    'mezcla la harina con la leche',
    'lista las ramas de la familia',
    'haz público el repositorio ana/tienda',
    'me gusta GitHub',
    'tengo un repositorio llamado tienda',
  ])('%s', expectNothingAtGitHub);
});

describe('what would be lost is asked about', () => {
  it.each([
    ['I would like to delete the repository ana/shop', 'delete the repository ana/shop'],
    ["let's merge PR 5 in ana/shop", 'merge PR 5 in ana/shop'],
    ['quiero borrar la rama feature/x de ana/tienda', 'borrar la rama feature/x de ana/tienda'],
    ['delete the old api repo', 'which repository'],
    ['delete the repository', 'which repository'],
    ['merge PR 5', 'which repository'],
    ['borra la rama feature/x', 'qué repositorio'],
    ['close issue 3 of ana/shop and merge PR 5', 'which repository'],
    ['open an issue in ana/shop titled Fix it and delete the repository ana/shop', 'more than one way'],
  ])('%s', async (message, words) => {
    const reply = await wholeSupervisor.invoke([new HumanMessage(message)]);
    expect(callsOf(reply)).toEqual([]);
    expect(reply.text).toMatch(/^(?:I have not done anything|No he hecho nada)/);
    expect(reply.text.toLowerCase()).toContain(words.toLowerCase());
  });
});

describe('what is missing is asked for', () => {
  it.each([
    ['list the pull requests', 'which repository'],
    ['close issue 12', 'which repository'],
    ['show the issues of that repo', 'which repository'],
    ['create a GitHub repository', 'under which name'],
    ['assign issue 12 in ana/shop to me', 'under which name'],
    ['open a pull request in ana/shop', 'something missing'],
    ['open an issue in ana/shop', 'something missing'],
    ['comment on issue 12 in ana/shop', 'which text'],
    ['push it to GitHub', 'something missing'],
    ['cierra la incidencia 12', 'qué repositorio'],
    ['crea un repositorio', 'con qué nombre'],
    ['publícalo en GitHub', 'falta algo'],
  ])('%s', async (message, words) => {
    const reply = await wholeSupervisor.invoke([new HumanMessage(message)]);
    expect(callsOf(reply)).toEqual([]);
    expect(reply.text).toContain(words);
  });
});

describe('the longest message', () => {
  const LONGEST = 32_000;
  const SLOWEST_MS = 3_000;

  it.each([
    'and close issue 3 in a/b ',
    'in a/b close issue 3, ',
    'titled x in a/b with the body y ',
    'and create an api and publish it on github ',
    'issues 3, 4 ',
    'the repo of ',
    'search github for x ',
    '"x" in a/b ',
  ])('of %j is read in time', async (part) => {
    const question = `open an issue titled ${part.repeat(Math.ceil(LONGEST / part.length))}`.slice(
      0,
      LONGEST,
    );
    const before = process.cpuUsage();
    await wholeSupervisor.invoke([new HumanMessage(question)]);
    const { user, system } = process.cpuUsage(before);
    expect((user + system) / 1000).toBeLessThan(SLOWEST_MS);
  });
});
