import { verbsInAr } from './file-words.ts';
import { fold } from './sentence.ts';
import { words } from './slots.ts';

/** The agent that projects are the business of. */
export const PROJECT_AGENT = 'project-creator';

/*
 * The words that commands about projects are made of, as alternatives of a phrase. What can start other sentences too needs more
 * behind it: a "package" that is made may be one for the post, one that is created is software.
 */
export const CREATE_PROJECT =
  'create|scaffold|generate|bootstrap|init|initialize|initialise|spin_up|develop|code_up|code|program';
export const MAKE_PROJECT = 'make|build|set_up|setup|put_together|implement';
export const START_PROJECT = 'start|begin|prepare|new';
export const CREA_PROYECTO = `${verbsInAr('cre', 'gener', 'desarroll', 'program')}|construye|construya|construir|construyeme|construyas`;
export const HAZ_PROYECTO = `${verbsInAr('mont', 'levant', 'implement')}|haz|hace|haga|hagas|hazme|hacer|hicieras|hacerme`;
export const INICIA_PROYECTO = `${verbsInAr('prepar', 'arranc', 'inici', 'inicializ')}|empieza|empezar|comienza|comenzar|nuevo|nueva`;

export const INDEFINITE = words('a an one another some un una uno otro otra');
export const SPANISH_DETERMINERS = words('un una uno otro otra el la mi nuestro nuestra');
export const DEFINITE = words('the my our your el la mi tu nuestro nuestra');
export const FRESH = words('new brand-new fresh blank empty nuevo nueva vacio vacia');

/** What people call such things; the words of a longer name stand behind each other, as in "command line tool". */
export const KINDS = words(
  `library lib package module api service microservice micro-service backend back-end server cli tool utility app application
  webapp web-app spa pwa page webpage web-page website web-site site homepage landing portfolio frontend front-end dashboard chatbot
  chat-bot assistant bot agent project sdk monorepo blog crawler scraper command-line
  biblioteca libreria paquete modulo servicio microservicio servidor herramienta utilidad aplicacion web pagina sitio portafolio
  asistente agente panel tablero proyecto`,
);
/** Kinds of several words whose first one is no kind alone. */
export const LONG_KINDS = [
  ...['herramienta de linea de comandos', 'programa de linea de comandos', 'herramienta de consola'],
  ...['herramienta de terminal', 'programa de consola', 'utilidad de consola', 'linea de comandos'],
  ...['command line', 'back end', 'front end', 'admin panel'],
].map((kind) => kind.split(' '));
/** Such things are nothing but software. */
export const PLAIN_KINDS = words(
  `api microservice micro-service backend back-end cli webapp web-app spa pwa webpage web-page website web-site homepage web landing
  frontend front-end chatbot chat-bot sdk monorepo command-line microservicio`,
);
/** Such things are made every day, and seldom of software. */
export const EVERYDAY_KINDS = words(
  'package application service server agent module assistant paquete servicio servidor agente modulo asistente panel tablero',
);
/** Programs of these kinds are known as such by the technology that is named with them. */
export const TECHNICAL_KINDS = words('program game plugin extension prototype programa juego prototipo');

/** Languages, frameworks and platforms by the names that people use, each with its other names. */
const NAMES_OF_TECHNOLOGIES = `typescript=ts javascript=js node=nodejs,npm,pnpm deno bun python=python3,py,pip,pypi go=golang rust=cargo
  java=jvm,maven,gradle kotlin scala clojure swift=swiftui objective-c=objectivec ruby rails=ror php laravel symfony wordpress drupal
  react=reactjs preact vue=vuejs nuxt=nuxtjs svelte=sveltekit angular=angularjs solidjs nextjs remix astro gatsby ember=emberjs
  vite vitest fastify express=expressjs nest=nestjs koa hono fastapi flask django pydantic pytest spring=springboot quarkus
  .net=dotnet,asp.net c#=csharp f# c++=cpp elixir phoenix erlang haskell ocaml zig nim lua perl julia dart flutter
  android ios react-native=reactnative electron tauri unity godot unreal html=html5 css=css3 jquery langchain=langchainjs langgraph arduino`;
const CANONICAL = new Map(
  NAMES_OF_TECHNOLOGIES.split(/\s+/).flatMap((entry) => {
    const [name = '', others = ''] = entry.split('=');
    return [name, ...others.split(',').filter(Boolean)].map((each): [string, string] => [each, name]);
  }),
);

/** Other words, too, by which one of these is known: those that mean something else as well. */
export const AMBIGUOUS_TECHNOLOGIES = words(
  'go rust java swift ruby rails php phoenix react express next nest spring bun flask remix ember unity unreal dart zig nim lua julia perl electron hono astro',
);

/** The one name of a technology: "node" for "Node.js", "nodejs" and "npm"; undefined for any other word. */
export function technologyOf(word: string): string | undefined {
  const folded = fold(word);
  return (
    CANONICAL.get(folded) ??
    CANONICAL.get(folded.replace(/\.js$/, 'js')) ??
    CANONICAL.get(folded.replace(/\.js$/, ''))
  );
}

/** Words that stand among technologies and say nothing of a thing by themselves: "REST API", "HTTP service". */
export const TECHNICAL_WORDS = words(
  'rest http https graphql grpc json websocket async full-stack fullstack static estatica estatico web serverless open-source',
);

/** What ends the name of a thing and goes on about it. */
export const CONTINUATIONS = words(
  `with in for to that which using from of on by and where who whose powered based written built made running without called named
  titled inside under into about as & + - – — , . ; : ( y e con en para que de del usando basado basada escrito escrita hecho
  hecha sobre sin desde donde cuyo cuya al a como dentro llamado llamada titulado titulada nombrado nombrada`,
);
/** What cannot stand before the name of the thing, beside the words above. */
export const NOT_MODIFIERS = words(
  `a an the my our your his her its their this that these those it me you us them him i he she we they is are was were be been has
  have had do does did will would can could should not no never sure if when while because or but than then so un una el la los
  las lo mi tu su nuestro nuestra este esta ese esa estos esos eso esto me te se le les es son era fue hay ha han si cuando pero o
  como porque ya ni muy mas menos something anything everything nothing algo nada todo file folder document directory archivo
  fichero carpeta documento directorio plan list lista copy copia backup`,
);
/** "An API key" is no API, and "a Python developer" no package. What stands behind a kind and is no name for it. */
export const NOT_NAMES_OF_PROJECTS = words(
  `key keys plan icon manager card logo map builder maker client doc docs documentation test tests schema template templates list
  idea ideas name description report proposal timeline folder structure file files store review brief budget board calendar
  schedule roadmap spec specification reference wrapper mock endpoint call request response diagram design mockup wireframe banner
  header footer menu title theme layout copy content text image video demo tutorial guide course post summary note notes
  presentation slides deck meeting team group channel account user password domain url link invoice order developer engineer
  expert freelancer designer teacher book job class server day night work works fails starts is was are has will broke live down up
  online ready done now again today tomorrow yesterday please better faster bigger smaller great good bad here there too also yet asap soon
  first instead together myself tonight quick manana hoy pronto rapido luego despues`,
);
/** "El proyecto final" is not called so. */
export const SPANISH_ADJECTIVES = words(
  'final nuevo nueva personal completo completa siguiente anterior actual propio propia',
);
