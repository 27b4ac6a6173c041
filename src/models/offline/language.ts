import { fold } from './sentence.ts';

export type Language = 'en' | 'es';

/** Something said in both languages. */
export type Bilingual<Value = string> = Record<Language, Value>;

const ENGLISH = words(`
  about am an and any are as at be but by can could create delete did do does file files folder for from get give go
  good had has have hello help her hey hi his how i i'm if in is it its list make me morning my name of on open or our
  please read remember remove replace say she show some son tell that the their them then there these they this thank
  thanks to told was we were what what's when where which who why will with would write yes you your change`);
const SPANISH = words(`
  adios al archivo archivos asi ayer ayuda borra buenas buenos cambia carpeta como con crea cual cuales cuando cuanto cuantos
  de del dia dias dime donde el elimina ella ellos en era eres es esa ese eso esta este esto estoy fichero ficheros gracias
  guarda ha hacer hay hola hoy la las le lee leer les lista lo los manana me mi mis mucho muestra muestrame muy nada nombre
  nos nosotros nuestra nuestro o para pero por porque puede puedes podrias que quien quiero recuerda se ser si sin sobre
  avisame borrado borrar borres creo gusta habia leer ni tampoco voy vas hecho perro gato casa llama llamo
  somos son soy su sus tambien te tengo tiene tienes todo todos tu tus un una uno unos usted vive vivo vosotros y ya yo`);

/** English or Spanish, by the small words of a text and its punctuation. English when nothing tells. */
export function detectLanguage(text: string): Language {
  const found = fold(text).match(/[\p{L}']+/gu) ?? [];
  const english = found.filter((word) => ENGLISH.has(word)).length;
  const spanish = found.filter((word) => SPANISH.has(word)).length;
  const marks = (/[¿¡ñÑ]/.test(text) ? 2 : 0) + (/[áéíóú]/i.test(text) ? 1 : 0);
  return spanish + marks > english ? 'es' : 'en';
}

function words(list: string): Set<string> {
  return new Set(list.trim().split(/\s+/));
}
