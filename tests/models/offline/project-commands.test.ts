import { HumanMessage } from '@langchain/core/messages';
import { describe, expect, it, test } from 'vitest';
import { withResults } from './offline-model.ts';
import {
  anyProjectCalls,
  callsOf,
  PROJECT_TOOLS,
  projectCreator,
  projectSupervisor,
} from './project-model.ts';

describe('a project is created', () => {
  it.each([
    ['create a TypeScript library called date-tools', { brief: 'TypeScript library', name: 'date-tools' }],
    ['new fastify api shop', { brief: 'fastify api', name: 'shop' }],
    ['I need a Python package named words', { brief: 'Python package', name: 'words' }],
    ["I'd like a landing page for my bakery", { brief: 'landing page for my bakery' }],
    ['could you scaffold me a React app called notes?', { brief: 'React app', name: 'notes' }],
    [
      'set up a Go service called payments in apps/',
      { brief: 'Go service', name: 'payments', folder: 'apps' },
    ],
    ['start a new TypeScript project named foo', { brief: 'TypeScript project', name: 'foo' }],
    ['bootstrap a command line tool called tidy, please', { brief: 'command line tool', name: 'tidy' }],
    ['init typescript library date-tools', { brief: 'typescript library', name: 'date-tools' }],
    ['create a CLI mycli', { brief: 'CLI', name: 'mycli' }],
    ['create shop, a Fastify API', { brief: 'Fastify API', name: 'shop' }],
    ['create a website for the "Rosa" bakery', { brief: 'website for the "Rosa" bakery' }],
    ['make a small, fast REST API named "My Shop"', { brief: 'small, fast REST API', name: 'My Shop' }],
    ['create a web app in the folder apps/web', { brief: 'web app', folder: 'apps/web' }],
    ['create a web app called ui and put it in apps/ui', { brief: 'web app', name: 'ui', folder: 'apps/ui' }],
    ['create a project from the template acme', { brief: 'project', template: 'acme' }],
    [
      'create a project called foo using my acme template in the folder apps',
      { brief: 'project', name: 'foo', template: 'acme', folder: 'apps' },
    ],
    ['create an API with the React template', { brief: 'API with the React template' }],
    ['create a project', { brief: 'project' }],
    ['crea una API con Fastify llamada tienda', { brief: 'API con Fastify', name: 'tienda' }],
    ['créame una API REST que se llame pagos', { brief: 'API REST', name: 'pagos' }],
    ['haz una web llamada El Horno de Ana', { brief: 'web', name: 'El Horno de Ana' }],
    ['genera un paquete de Python con el nombre textos', { brief: 'paquete de Python', name: 'textos' }],
    ['monta un backend en la carpeta apps', { brief: 'backend', folder: 'apps' }],
    ['arranca un proyecto de TypeScript llamado fechas', { brief: 'proyecto de TypeScript', name: 'fechas' }],
    ['prepara una herramienta de línea de comandos', { brief: 'herramienta de línea de comandos' }],
    ['inicia un microservicio en Go de nombre avisos', { brief: 'microservicio en Go', name: 'avisos' }],
    ['quiero una página web estática para mi panadería', { brief: 'página web estática para mi panadería' }],
    ['necesito un servicio en Go que se llame pagos', { brief: 'servicio en Go', name: 'pagos' }],
    ['¿me haces una web para mi negocio?', { brief: 'web para mi negocio' }],
    ['crea el proyecto tienda', { brief: 'proyecto', name: 'tienda' }],
    ['crea un proyecto con la plantilla acme', { brief: 'proyecto', template: 'acme' }],
  ])('%s', async (message, args) => {
    expect(await anyProjectCalls(message)).toEqual([['create_project', args]]);
  });

  test('by whoever the supervisor has for it, in the words of the person', async () => {
    const message = 'Hi! Could you create a Fastify API called shop, please?';
    const reply = await projectSupervisor.invoke([new HumanMessage(message)]);
    expect(callsOf(reply)).toEqual([['delegate_to_project_creator', { task: message }]]);
  });
});

describe('a project is only shown', () => {
  it.each([
    ['what would a React app called notes look like?', { brief: 'React app', name: 'notes' }],
    ['show me what a Python package would look like', { brief: 'Python package' }],
    ['propose a Go service called payments', { brief: 'Go service', name: 'payments' }],
    ['plan a website for my bakery', { brief: 'website for my bakery' }],
    ['create a CLI called tidy without writing it', { brief: 'CLI', name: 'tidy' }],
    ['create a Fastify API called shop, dry run', { brief: 'Fastify API', name: 'shop' }],
    ['dry run: a Fastify API called shop', { brief: 'Fastify API', name: 'shop' }],
    [
      'muéstrame cómo sería una API con Fastify llamada tienda sin crearla',
      { brief: 'API con Fastify', name: 'tienda' },
    ],
    ['propón una web para mi tienda', { brief: 'web para mi tienda' }],
    ['enséñame cómo sería un servicio en Go', { brief: 'servicio en Go' }],
    ['crea una API llamada tienda pero no la crees todavía', { brief: 'API', name: 'tienda' }],
  ])('%s', async (message, args) => {
    expect(await anyProjectCalls(message)).toEqual([['propose_project', args]]);
  });
});

describe('templates are listed', () => {
  it.each([
    'which templates do you have?',
    'what templates are there?',
    'which kinds of project do you have?',
    'what projects can you create?',
    'list the templates',
    '¿qué plantillas hay?',
    '¿qué tipos de proyecto puedes crear?',
    'lista las plantillas',
  ])('%s', async (message) => {
    expect(await anyProjectCalls(message)).toEqual([['list_templates', {}]]);
  });
});

describe('a project gets more', () => {
  it.each([
    ['add a Dockerfile to shop', { path: 'shop', add: ['dockerfile'] }],
    ['add tests and CI to shop', { path: 'shop', add: ['tests', 'ci'] }],
    ['add GitHub Actions to the shop project', { path: 'shop', add: ['ci'] }],
    [
      'add continuous integration, a readme and an MIT license to the project apps/shop',
      { path: 'apps/shop', add: ['ci', 'readme', 'license'], license: 'MIT' },
    ],
    [
      'add an Apache 2.0 license in the name of Ana Ruiz to date-tools',
      { path: 'date-tools', add: ['license'], license: 'Apache-2.0', holder: 'Ana Ruiz' },
    ],
    [
      'add a gitignore and an editorconfig to apps/web',
      { path: 'apps/web', add: ['gitignore', 'editorconfig'] },
    ],
    ['añade pruebas al proyecto tienda', { path: 'tienda', add: ['tests'] }],
    [
      'agrega integración continua y una licencia MIT a tienda',
      { path: 'tienda', add: ['ci', 'license'], license: 'MIT' },
    ],
    ['pon un Dockerfile en apps/tienda', { path: 'apps/tienda', add: ['dockerfile'] }],
    ['ponle tests a la API tienda', { path: 'tienda', add: ['tests'] }],
  ])('%s', async (message, args) => {
    expect(await anyProjectCalls(message)).toEqual([['extend_project', args]]);
  });
});

describe('together with other commands', () => {
  test('the project comes first', async () => {
    const asked = [new HumanMessage('create a Python package called foo and then delete a.md')];
    const reply = await projectSupervisor.invoke(asked);
    expect(callsOf(reply)).toEqual([
      ['delegate_to_project_creator', { task: 'create a Python package called foo' }],
    ]);
    const next = await projectSupervisor.invoke(withResults(asked, reply, ['Created.']));
    expect(callsOf(next)).toEqual([['delegate_to_file_admin', { task: 'delete a.md' }]]);
  });

  test('what nobody can do is said, and what was done before it', async () => {
    const asked = [new HumanMessage('crea una API llamada tienda y publícala en GitHub')];
    const reply = await projectSupervisor.invoke(asked);
    expect(callsOf(reply)).toEqual([
      ['delegate_to_project_creator', { task: 'crea una API llamada tienda' }],
    ]);
    const answer = await projectSupervisor.invoke(withResults(asked, reply, ['El proyecto:\ntienda/']));
    expect(answer.tool_calls).toEqual([]);
    expect(answer.text).toMatch(
      /^El proyecto:\ntienda\/\n\nSin hacer: «publícala en GitHub»\. .* github-admin/,
    );
  });

  test('nothing is deleted behind a description that may go on', async () => {
    const reply = await projectSupervisor.invoke([
      new HumanMessage('create an app that can list files and delete a.md'),
    ]);
    expect(reply.tool_calls).toEqual([]);
    expect(reply.text).toMatch(/^I have not done anything/);
  });

  test('publishing alone is understood', async () => {
    const reply = await projectSupervisor.invoke([new HumanMessage('publish the project shop on GitHub')]);
    expect(reply.tool_calls).toEqual([]);
    expect(reply.text).toContain('I understand the command, but github-admin');
  });
});

describe('what comes of it', () => {
  async function reportOn(message: string, result: string | Error): Promise<string> {
    const asked = [new HumanMessage(message)];
    const called = await projectCreator.invoke(asked);
    return (await projectCreator.invoke(withResults(asked, called, [result]))).text;
  }

  it.each([
    ['create a CLI called tidy', 'tidy/\n  package.json', 'The project:\ntidy/\n  package.json'],
    ['propón un CLI llamado tidy', 'tidy/', 'Una propuesta; no hay nada escrito:\ntidy/'],
    ['¿qué plantillas hay?', 'fastify-api', 'Las plantillas:\nfastify-api'],
    ['add tests to tidy', 'tests/', 'Added to tidy:\ntests/'],
  ])('"%s" is told', async (message, result, answer) => {
    expect(await reportOn(message, result)).toBe(answer);
  });

  it.each([
    ['create a CLI called tidy', 'already_exists', 'another name'],
    ['create a Rust CLI', 'no_template_fits', 'with a language model configured'],
    ['crea un CLI en Rust', 'no_template_fits', 'con un modelo de lenguaje configurado'],
    ['create a project from the template acme', 'template_not_found', 'which templates do you have?'],
    ['create a project', 'project_unclear', 'Which kind of project do you want? For example: '],
    ['crea un proyecto', 'project_unclear', '¿Qué tipo de proyecto quieres? Por ejemplo: '],
  ])('"%s" that fails with %s says how to go on', async (message, code, advice) => {
    const answer = await reportOn(message, new Error(`Error ${code}: no.`));
    expect(answer).toMatch(/^(?:I could not create the project|No pude crear el proyecto): Error/);
    expect(answer).toContain(advice);
  });

  it.each(['help', 'ayuda', 'how do I create a project?', '¿cómo creo un proyecto?'])(
    'and "%s" gives examples that work',
    async (message) => {
      const { text } = await projectCreator.invoke([new HumanMessage(message)]);
      const examples = [...text.matchAll(/^- (.+)$/gm)].map(([, example]) => example ?? '');
      expect(examples).toHaveLength(PROJECT_TOOLS.length);
      for (const example of examples) {
        expect(callsOf(await projectCreator.invoke([new HumanMessage(example)]))).toHaveLength(1);
      }
    },
  );
});
