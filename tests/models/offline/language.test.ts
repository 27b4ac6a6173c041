import { expect, it } from 'vitest';
import { detectLanguage } from '../../../src/models/offline/language.ts';

it.each([
  ['', 'en'],
  ['Luna', 'en'],
  ['12345 !!!', 'en'],
  ['My dog is called Luna', 'en'],
  ['read notes/todo.md', 'en'],
  ['what is my dog called', 'en'],
  ['thanks', 'en'],
  ['no', 'en'],
  ['tell me a joke', 'en'],
  ['give me some ideas', 'en'],
  ['my son is called Leo', 'en'],
  ['me llamo Ana', 'es'],
  ['dame ideas, por favor', 'es'],
  ['I like the café', 'en'],
  ['Mi perra se llama Luna', 'es'],
  ['¿Luna?', 'es'],
  ['mañana', 'es'],
  ['José llegará', 'es'],
  ['gracias', 'es'],
  ['lee notes/todo.md', 'es'],
  ['donde vivo yo', 'es'],
  ['ayer borre a.md', 'es'],
  ['the file is called «mis notas»', 'en'],
])('%j is taken for %s', (text, language) => {
  expect(detectLanguage(text)).toBe(language);
});
