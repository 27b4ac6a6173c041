import { fold } from './sentence.ts';

export type SmallTalk = 'greeting' | 'thanks' | 'help';

const LONGEST = 120;
const GREETING =
  /^(?:hi|hello|hey|good (?:morning|afternoon|evening|night)|bye|goodbye|hola|buenas|buenos dias|buenas (?:tardes|noches)|adios|hasta (?:luego|manana|pronto))(?: (?:there|again|everyone|tertulia|a todos|que tal|how are you|de nuevo))*$/;
const THANKS =
  /^(?:(?:ok|okay|vale|great|perfect|perfecto|genial|nice|cool) )?(?:thanks|thank you|thx|many thanks|(?:muchas |mil )?gracias)(?: (?:a lot|so much|very much|tertulia|you|por todo|for everything))*$/;
const HELP = [
  /^(?:please |por favor )?(?:help|help me|ayuda|ayudame|commands|comandos|ordenes)(?: please| por favor)?$/,
  /^(?:who|what) are you$|^what is (?:tertulia|your name)$|^what's your name$/,
  /^(?:quien|que) eres(?: tu)?$|^como te llamas$|^que es tertulia$/,
  /^what (?:can|do) you do(?: for me)?$|^what can i (?:do|say|ask)(?: here| you)?$|^how do you work$|^what commands\b/,
  /^que (?:puedes|sabes) hacer(?: por mi)?$|^que puedo (?:hacer|decirte|pedirte)$|^como funcionas$|^que (?:comandos|ordenes)\b/,
  /^are you (?:a |an )?(?:chatgpt|gpt|ai|bot|robot|human|person|language model|llm|real|claude|openai)\b/,
  /^eres (?:un |una )?(?:chatgpt|gpt|ia|bot|robot|humano|persona|modelo|llm|inteligencia)\b/,
  /^how (?:do|can|could|would|should) (?:i|you|we|one) (?:create|make|write|read|list|edit|change|delete|remove|see|rename|save|move|copy|duplicate|find|search|zip|compress|unzip|unpack|compare|undo|index|ingest|open|close|merge|push|publish) (?:for |in )?(?:text in )?(?:an? |the |my )?(?:new |last )?(?:files?|folders?|documents?|projects?|changes?|issues?|pull requests?|branch(?:es)?|repositor(?:y|ies)|text|\S{1,80}\.\w{1,8})$/,
  /^como (?:puedo |se puede |se |hago para )?(?:cre|escrib|le|list|edit|cambi|borr|elimin|ve|guard|abr|mov|muev|copi|renombr|busc|encuentr|encontr|comprim|descomprim|compar|deshag|deshac|index|cierr|cerr|fusion|public|sub)\p{L}* (?:texto en )?(?:un |una |el |la |los |las |mis )?(?:nuevo |nueva |ultimo |ultimos )?(?:archivos?|ficheros?|carpetas?|documentos?|proyectos?|cambios?|incidencias?|pull requests?|ramas?|repositorios?|texto|\S{1,80}\.\w{1,8})$/u,
  /^(?:can|could) you (?:create|write|read|list|edit|change|delete|move|copy|search|compare|zip) (?:files|folders|documents|projects)$|^(?:puedes|podrias) (?:crear|escribir|leer|listar|editar|cambiar|borrar|mover|copiar|comparar|comprimir) (?:archivos|ficheros|carpetas|documentos|proyectos)$/,
];

/** Greetings, thanks, and questions about the assistant itself; undefined for everything else. */
export function readSmallTalk(message: string): SmallTalk | undefined {
  if (message.length > LONGEST) return undefined;
  const words = fold(message)
    .replaceAll(/[¿?¡!,;:…"«»]+|\.(?=\s|$)/g, ' ')
    .replaceAll(/\s+/g, ' ')
    .trim();
  if (words === '') return 'help';
  if (GREETING.test(words)) return 'greeting';
  if (THANKS.test(words)) return 'thanks';
  const bare = words.replace(/^(?:hi|hello|hey|hola|tertulia|oye|buenas) /, '');
  return HELP.some((pattern) => pattern.test(words) || pattern.test(bare)) ? 'help' : undefined;
}
