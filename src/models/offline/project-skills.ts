import { ANADE } from './document-words.ts';
import { LISTA, MUESTRA, verbsInAr } from './file-words.ts';
import type { Bilingual } from './language.ts';
import type { Captured } from './phrase.ts';
import {
  CREA_PROYECTO,
  CREATE_PROJECT,
  HAZ_PROYECTO,
  INICIA_PROYECTO,
  MAKE_PROJECT,
  PROJECT_AGENT,
  START_PROJECT,
} from './project-words.ts';
import type { Arguments, Skill } from './skill.ts';

export const CREATE_TOOL = 'create_project';
export const PROPOSE_TOOL = 'propose_project';
const FOR_ME = 'me|us|for_me|for_us';
const PARA_MI = 'me|nos|para_mi|para_nosotros';

/** What is asked when nobody can tell which kind of project is meant; by its first words the answer to it is known. */
export const WHICH_KIND: Bilingual = {
  en: 'Which kind of project do you want?',
  es: '¿Qué tipo de proyecto quieres?',
};

const REMEDIES: Record<string, Bilingual> = {
  project_unclear: {
    en: `${WHICH_KIND.en} For example: a TypeScript library, a command line tool, an API with Fastify, a React app, a static website, a Python package, a Go service.`,
    es: `${WHICH_KIND.es} Por ejemplo: una biblioteca de TypeScript, una herramienta de línea de comandos, una API con Fastify, una aplicación con React, una página web estática, un paquete de Python, un servicio en Go.`,
  },
  no_template_fits: {
    en: 'There is no template for that here; with a language model configured, one could be designed. To see those that there are, say: which templates do you have?',
    es: 'Aquí no hay ninguna plantilla para eso; con un modelo de lenguaje configurado se podría diseñar. Para ver las que hay, di: ¿qué plantillas hay?',
  },
  already_exists: {
    en: 'Say it again with another name (called …) or another folder (in the folder …).',
    es: 'Dilo otra vez con otro nombre (que se llame …) o en otra carpeta (en la carpeta …).',
  },
  template_not_found: {
    en: 'To see the templates that there are, say: which templates do you have?',
    es: 'Para ver las plantillas que hay, di: ¿qué plantillas hay?',
  },
};

const createProject: Skill = {
  agent: PROJECT_AGENT,
  tool: CREATE_TOOL,
  destructive: false,
  phrases: {
    en: [
      `${CREATE_PROJECT} ${FOR_ME}? {project}`,
      `${MAKE_PROJECT} ${FOR_ME}? {madeproject}`,
      `set me|us up {madeproject}`,
      `${START_PROJECT} ${FOR_ME}? {wishedproject}`,
      'i want|need|would_like to_have? {wishedproject}',
      "i'd like to_have? {wishedproject}",
    ],
    es: [
      `${CREA_PROYECTO} ${PARA_MI}? {project}`,
      `${HAZ_PROYECTO} ${PARA_MI}? {madeproject}`,
      `${INICIA_PROYECTO} ${PARA_MI}? {wishedproject}`,
      'pon|poner en marcha {wishedproject}',
      'me|nos haces|creas|generas|montas|preparas|programas {madeproject}',
    ],
  },
  toCalls: toProject,
  example: {
    en: 'create a TypeScript library called date-tools',
    es: 'crea una API con Fastify llamada tienda',
  },
  done: { en: 'The project:', es: 'El proyecto:' },
  failed: { en: 'I could not create the project:', es: 'No pude crear el proyecto:' },
  remedies: REMEDIES,
};

/** "Quiero una página web": the verb is what leads a request in, and without it this is no command. */
const wishForProject: Skill = {
  ...createProject,
  wish: true,
  phrases: { en: [], es: ['un|una|otro|otra {wishedproject}', 'tener un|una|otro|otra {wishedproject}'] },
};

const DRY_RUN = 'dry_run|dry-run|preview|simulation';
const proposeProject: Skill = {
  agent: PROJECT_AGENT,
  tool: PROPOSE_TOOL,
  destructive: false,
  phrases: {
    en: [
      `${CREATE_PROJECT}|${MAKE_PROJECT}|${START_PROJECT}|show|propose|suggest|plan|preview|sketch|outline ${FOR_ME}? {dryproject}`,
      'i want|need {dryproject}',
      'what would|will|might {someproject} look like',
      'how would|will|might {someproject} look',
      'show|tell me? what|how {someproject} would|will|might look_like|look',
      'propose|preview|outline me? {madeproject}',
      'suggest|plan|sketch|design me? {wishedproject}',
      `do|make|give a ${DRY_RUN} of|for {madeproject}`,
      `${DRY_RUN} of|for|:? {madeproject}`,
      'simulate creating|making|building {madeproject}',
    ],
    es: [
      `${CREA_PROYECTO}|${HAZ_PROYECTO}|${INICIA_PROYECTO}|${MUESTRA}|propon|proponme|propone|proponga|planifica|planea ${PARA_MI}? {dryproject}`,
      'como seria|quedaria|se_veria {wishedproject}',
      `${MUESTRA}|dime|proponme|propon como seria|quedaria|se_veria|quedaria {anyproject}`,
      'propon|proponme|propone|proponga|proponer {madeproject}',
      `${verbsInAr('simul', 'previsualiz')} la_creacion_de|crear? {madeproject}`,
      `${verbsInAr('planific', 'plane', 'esboz')}|sugiere|sugiereme {wishedproject}`,
    ],
  },
  toCalls: toProject,
  example: {
    en: 'what would a Python package called words look like?',
    es: 'muéstrame cómo sería un paquete de Python sin crearlo',
  },
  done: { en: 'A proposal; nothing is written:', es: 'Una propuesta; no hay nada escrito:' },
  failed: { en: 'I could not propose the project:', es: 'No pude proponer el proyecto:' },
  remedies: REMEDIES,
};

const KINDS_OF = 'kind|kinds|type|types|sort|sorts';
const MAKE_THEM = 'create|make|build|generate|scaffold|set_up|start';
const TIPOS_DE = 'tipo|tipos|clase|clases';
const CREARLOS = 'crear|hacer|generar|montar|preparar';
const listTemplates: Skill = {
  agent: PROJECT_AGENT,
  tool: 'list_templates',
  destructive: false,
  phrases: {
    en: [
      'which|what project? templates are|exist there|available?',
      'which|what project? templates do|can you|i|we have|use|know|offer|choose from?',
      'which|what templates for|of projects do|are|can you|there|i have|use|know|offer?',
      `which|what ${KINDS_OF} of project|projects can|could|do|would you|i|we know? how? to? ${MAKE_THEM}|have|know|offer|support`,
      `which|what ${KINDS_OF} of project|projects are there|available|possible`,
      `which|what projects can|could you|i|we ${MAKE_THEM}|offer`,
      'list|show|display|see|give me? all? of? the|my|your? available? project templates',
      'list|show|display|see|give me? all? of? the|my|your|available available? templates available|there_are|you_have|that_there_are|for_projects?',
    ],
    es: [
      'que|cuales plantillas hay|tienes|existen|conoces|ofreces|tengo de_proyecto|de_proyectos|para_proyectos|disponibles?',
      'que|cuales plantillas de|para proyecto|proyectos hay|tienes|existen|conoces|ofreces|tengo disponibles?',
      'que|cuales plantillas puedo|puedes|podemos usar|elegir',
      'cuales|que son las|tus plantillas disponibles?',
      `que|cuales ${TIPOS_DE} de proyecto|proyectos puedes|sabes|puedo|podrias|podemos ${CREARLOS}`,
      `que|cuales ${TIPOS_DE} de proyecto|proyectos hay|tienes|existen|conoces|ofreces`,
      `que|cuales proyectos puedes|sabes|puedo|podrias ${CREARLOS}`,
      `${LISTA} me? todas? las|mis|tus plantillas de_proyecto|de_proyectos|disponibles|que_hay|que_tienes?`,
      `${LISTA} me? los ${TIPOS_DE} de proyecto|proyectos que puedes|sabes ${CREARLOS}`,
    ],
  },
  toCalls: () => [{}],
  example: { en: 'which templates do you have?', es: '¿qué plantillas hay?' },
  done: { en: 'The templates:', es: 'Las plantillas:' },
  failed: { en: 'I could not list the templates:', es: 'No pude listar las plantillas:' },
};

const extendProject: Skill = {
  agent: PROJECT_AGENT,
  tool: 'extend_project',
  destructive: false,
  phrases: {
    en: [
      'add|include|put {parts} to|in|into|for {projectplace}',
      'set_up|setup {parts} for|in|on {projectplace}',
      'extend {projectplace} with {parts}',
    ],
    es: [
      `${ANADE}|anadele|agregame|agregale|ponle|pon|pone|ponga|poner|mete|metele|meter me? {parts} a|al|en {projectplace}`,
      `${verbsInAr('configur', 'prepar')} {parts} en|para|a|al {projectplace}`,
    ],
  },
  toCalls: ({ paths: [project], parts }) => [{ path: project?.path ?? '', ...parts }],
  example: { en: 'add tests and CI to the project shop', es: 'añade una licencia MIT al proyecto tienda' },
  done: { en: 'Added to {path}:', es: 'Añadido a {path}:' },
  failed: { en: 'I could not add that to {path}:', es: 'No pude añadir eso a {path}:' },
};

/** Said before the phrases about files, from which these differ by the parts that they name. */
export const EARLY_PROJECT_SKILLS: readonly Skill[] = [extendProject];

/** What can be said to project-creator; what is to be shown only goes before what is made. */
export const PROJECT_SKILLS: readonly Skill[] = [
  listTemplates,
  proposeProject,
  createProject,
  wishForProject,
];

function toProject({ project }: Captured): Arguments[] {
  const { brief = '', name, template, folder } = project ?? {};
  return [
    {
      brief,
      ...(name === undefined ? {} : { name }),
      ...(template === undefined ? {} : { template }),
      ...(folder === undefined ? {} : { folder }),
    },
  ];
}
