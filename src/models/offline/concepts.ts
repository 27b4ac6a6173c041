import { fold } from './sentence.ts';

/** Words that say nothing of what a text is about, nor of what a question is about. */
const STOP_WORDS = words(`
  a about after all already also always am an and any anything are as at back be because been before being but by can
  could did do does doing done don't ever every for from get go going gone got had has have having he her here hers him his
  how i i'd i'll i'm i've if in into is isn't it it's its just know let lot made make may me mention mentioned might mine more most
  much must my never no nor not now of off on once one only or other our ours out over please really recall remember remind said
  same say says she should so some something still such talk talked tell than that that's the their them then there these they thing
  things this those to told too very was we were what what's whats when where where's which who who's whom whose why will with would
  yes yet you you're your yours
  many few several see seen ver veo yesterday ayer adonde
  actually again ago anyone anybody everything
  ah al algo alguien algun alguna algunas alguno algunos alli ante antes asi aun aunque ay aqui cada como con conte contigo cosa cosas cual cuales
  cuando cuanta cuantas cuanto cuantos da dar de decir del desde di dice dicho digo dije dijo dime donde e el ella ellas ello
  ellos en entonces entre era eran eres es esa esas ese eso esos esta estaba estan estar estas este esto estos estoy estuvo fue
  fueron ha haber habia han has hasta hay he hemos hizo iba ir la las le les lo los me mi mia mias mientras mio mios mis misma mismo
  mucha muchas mucho muchos muy nada ni ningun ninguna ninguno nos nosotras nosotros nuestra nuestras nuestro nuestros nunca o os otra
  otras otro otros para pero poco por porque pregunta pues puede puedes puedo que quien quienes recuerda recuerdas recuerdame recuerdo sabe
  sabes se sea ser si siempre sido sin sobre sois somos son soy su sus suyo tal tambien tan tanto te tener tenemos tengo tenia ti tiene
  tienen tienes toda todas todo todos tu tus tuve tuvo tuya tuyo un una unas uno unos usted va vamos van vas vosotros voy y ya yo
  acuerdas acuerda acerca
  earlier conversation hello hi hey hola gracias thanks`);

/** Words that mean the same in a question and in what answers it, in both languages. The first one names the concept. */
const SAME = `
  name names named nombre nombres
  birthday birthdate born cumpleanos cumple nacer naci nacimiento
  live lives living lived reside vivir vivo vive viven vivimos
  work works worked working job trabajar trabajo trabaja trabajas empleo
  old age aged years year anos ano edad
  dog dogs puppy perro perra perros perras perrito perrita
  cat cats kitten gato gata gatos gatas gatito
  son sons hijo hijos
  daughter daughters hija hijas
  child children kid kids nino nina ninos ninas
  mother mom mum mama madre
  father dad papa padre
  brother brothers hermano hermanos
  sister sisters hermana hermanas
  wife mujer esposa
  husband marido esposo
  friend friends amigo amiga amigos amigas
  boss jefe jefa
  car coche carro auto
  house home casa hogar
  street calle
  city town ciudad pueblo
  country pais
  address direccion
  phone telephone telefono movil celular
  email correo
  favourite favorite favorito favorita favoritos favoritas preferido preferida
  colour color colores colours colors
  food comida
  book books libro libros
  film films movie movies pelicula peliculas
  meeting meetings reunion reuniones
  appointment appointments cita citas
  doctor medico medica
  dentist dentista
  school colegio escuela
  holiday holidays vacation vacaciones
  flight vuelo
  allergic allergy allergies alergia alergico alergica alergias
  like likes liked love loves gusta gustan encanta encantan
  eat eats ate eating comer comes comi
  drink drinks drank beber bebe bebo
  buy bought buying comprar compre compro
  password contrasena
  key keys llave llaves
  married marry casado casada
  wrote write writes written create created creates creaste escribiste escribi escribir crear
  delete deleted deletes remove removed borraste borre borrar elimine eliminaste
  play plays played jugar juego juega
  study studies studied studying estudiar estudio estudia
  team equipo
  project projects proyecto proyectos
  party fiesta
  wedding boda
  code codigo
  number numero
  size talla
  plant plants planta plantas
  coffee cafe`;

const CONCEPTS = new Map(
  SAME.trim()
    .split('\n')
    .flatMap((line) => {
      const [concept = '', ...others] = line.trim().split(/\s+/);
      return [concept, ...others].map((word) => [word, `=${concept}`] as const);
    }),
);
const IRREGULAR = new Map(
  Object.entries({
    men: 'man',
    women: 'woman',
    people: 'person',
    met: 'meet',
    left: 'leave',
    lost: 'lose',
    saw: 'see',
    flew: 'fly',
    paid: 'pay',
    sold: 'sell',
    took: 'take',
    gave: 'give',
    thought: 'think',
    drove: 'drive',
    went: 'go',
    kept: 'keep',
    sent: 'send',
    moved: 'move',
  }),
);
const ENDINGS =
  /(?:amiento|imiento|aciones|acion|iendo|ando|aron|ieron|amos|emos|imos|aba|ado|ada|ido|ida|ing|ed|ar|er|ir)$/;

/** What a text is about: its words in order, without small ones, each as a stem that is the same for related words. */
export function conceptsOf(text: string): string[] {
  return meaningfulWords(text).map((word) => CONCEPTS.get(word) ?? stem(word));
}

/** The content words of a text, folded but whole. */
export function meaningfulWords(text: string): string[] {
  const found = named(fold(text)).match(/[\p{L}\p{N}]+(?:'\p{L}+)?/gu) ?? [];
  return found
    .filter((word) => !STOP_WORDS.has(word))
    .map((word) => word.replace(/'s?$|'\p{L}+$/u, ''))
    .filter((word) => word !== '' && !STOP_WORDS.has(word));
}

/**
 * "is called", "se llama" are about a name; "I called her" and "llamé" are about a telephone call. "My son" is a child, where
 * "son" alone is Spanish for "are".
 */
function named(folded: string): string {
  return folded
    .replaceAll(
      /(?<=\b(?:my|our|your|his|her|their|the|a|an|one|two|three|oldest|eldest|youngest)) sons?\b/g,
      ' hijo',
    )
    .replaceAll(/\b(?:se|me|te|nos|os) (?:llam(?:a|o|as|an|amos|aba|aban)|puse|pusimos)\b/g, ' name ')
    .replaceAll(/\bllamad[oa]s?\b/g, ' name ')
    .replaceAll(/\b(?:i|we|you|he|she|they) (?:just |have |had )?called\b/g, ' phoned ')
    .replaceAll(/\bcalled\b|\bcall (?=him|her|it|me|them)/g, ' name ');
}

function stem(word: string): string {
  const regular = IRREGULAR.get(word) ?? word;
  if (regular.length <= 3 || /\d/.test(regular)) return regular;
  const singular = regular.replace(/ies$/, 'y').replace(/(?<=[sxzh])es$|(?<!s)s$/, '');
  const root = singular.replace(ENDINGS, '');
  return (root.length >= 3 ? root : singular).replace(/[aeoy]$/, '').replace(/(.)\1$/, '$1');
}

function words(list: string): Set<string> {
  return new Set(list.trim().split(/\s+/));
}
