import { HumanMessage } from '@langchain/core/messages';
import { describe, expect, it } from 'vitest';
import { anyProjectCalls, callsOf, PROJECT_TOOLS, projectSupervisor } from './project-model.ts';

const OF_PROJECTS = new Set(PROJECT_TOOLS.map(({ name }) => name));

describe('what belongs to files stays with them', () => {
  it.each([
    ['create a file called x', 'write_file'],
    ['create notes/todo.md with a plan for the API', 'write_file'],
    ['create a script deploy.sh', 'write_file'],
    ['create a folder called app', 'make_folder'],
    ['create a website folder', 'make_folder'],
    ['crea una carpeta proyecto', 'make_folder'],
    ['put tests in notes.md', 'write_file'],
    ['add README.md to the library', 'add_documents'],
    ['añade docs a la biblioteca', 'add_documents'],
    ['move the folder shop to apps/', 'move_file'],
    ['delete the folder shop with everything in it', 'delete_file'],
    ['show me README.md', 'read_file'],
  ])('%s', async (message, tool) => {
    expect((await anyProjectCalls(message)).map(([name]) => name)).toEqual([tool]);
  });
});

describe('what only sounds like a project is none', () => {
  it.each([
    'create a document about our API',
    'make a zip of the app',
    'write a note about the library',
    'create a page called index.html',
    "add 'x' to notes.md",
    'I am building a TypeScript library',
    'my API is down',
    'we created a project last year',
    'I created a React app called foo',
    'what is a monorepo?',
    'which project did I mention yesterday?',
    'which projects do I have?',
    "don't create a project",
    "please don't make a website",
    'never create an API called x',
    'should I create a website?',
    'why did you create a project?',
    'can you make websites?',
    'if I create a website, will you help?',
    'my wife said: create a website',
    '"create a website"',
    'build the app',
    'build my website',
    'start the server',
    'start a server',
    'start the project on Monday',
    'create an API key',
    'create a project plan',
    'make an app icon',
    'generate a summary of the website',
    'make a backup of the site',
    'make progress on my project',
    'make the API faster',
    'make it a website',
    'make a package for my mother',
    'create a folder structure for my app',
    'create a web of lies',
    'create a library card',
    'I need a Python developer',
    'I want a website like yours',
    'I need an assistant',
    'I need a package delivered',
    'a Python package called foo',
    'new website is live',
    'new project starts on Monday',
    'set up a meeting about the project',
    'plan a trip to Rome',
    'plan the project',
    'what would Ana look like?',
    'what kinds of bread do you have?',
    'show me the website',
    'add tests to my to-do list',
    'add tests to the curriculum',
    'add a page to my website',
    'the project needs tests',
    'publish the book',
    'push the door',
    'create me',
  ])('%s', async (message) => {
    expect((await anyProjectCalls(message)).filter(([name]) => OF_PROJECTS.has(name))).toEqual([]);
    const reply = await projectSupervisor.invoke([new HumanMessage(message)]);
    expect(callsOf(reply).filter(([name]) => name === 'delegate_to_project_creator')).toEqual([]);
  });

  it.each([
    'añade leche a lista.txt',
    'no crees una API',
    'nunca crees un proyecto',
    'creé una API llamada tienda',
    'ayer creé una web',
    'estoy creando una biblioteca de TypeScript',
    'mi API está caída',
    '¿cómo creo una página web?',
    '¿qué es un microservicio?',
    'arranca el servidor',
    'inicia el servidor de pruebas',
    'haz el proyecto final',
    'haz la página 3',
    'haz una copia de la página web',
    'haz un paquete para mi madre',
    'prepara un paquete para mi hermana',
    'quiero un paquete de galletas',
    'necesito un servicio de limpieza',
    'quiero una pizza',
    'necesito un abogado',
    'una API en Go',
    'nuevo proyecto aprobado',
    'crea un plan para el proyecto',
    'crea una lista de bibliotecas',
    'muéstrame la web',
    'me gusta la página web',
    'pon música en la biblioteca',
    'sube el volumen',
    'el proyecto necesita tests',
  ])('%s', async (message) => {
    expect((await anyProjectCalls(message)).filter(([name]) => OF_PROJECTS.has(name))).toEqual([]);
    const reply = await projectSupervisor.invoke([new HumanMessage(message)]);
    expect(callsOf(reply).filter(([name]) => name === 'delegate_to_project_creator')).toEqual([]);
  });
});

describe('the longest message', () => {
  const LONGEST = 32_000;
  const SLOWEST_MS = 3_000;

  it.each([
    'create a ',
    'create an api called x ',
    'create an api and create a library ',
    'crea una web llamada "x ',
    'a project in ',
    'called "x" ',
    'add tests and CI, ',
    'from the template x in y/ ',
    'without writing ',
  ])('of projects, made of %j, is answered in time', async (part) => {
    const question = 'create a '.concat(part.repeat(Math.ceil(LONGEST / part.length))).slice(0, LONGEST);
    const before = process.cpuUsage();
    await projectSupervisor.invoke([new HumanMessage(question)]);
    const { user, system } = process.cpuUsage(before);
    expect((user + system) / 1000).toBeLessThan(SLOWEST_MS);
  });
});
