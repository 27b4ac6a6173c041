import { describe, expect, it } from 'vitest';
import { readDecision } from '../../../src/turns/decision-text.ts';
import { callsFor } from './offline-model.ts';

const ID = '019ab3c4-5d6e-7f80-9123-456789abcdef';

describe('commands for the history', () => {
  it.each<[string, string?]>([
    ['what changed in my files?'],
    ['what has changed?'],
    ['show the last changes'],
    ['Show me the latest changes, please.'],
    ['what did you change?'],
    ['what have you changed recently?'],
    ['list the changes'],
    ['tell me what changed in my files'],
    ['show me the changes you made to a.md', 'a.md'],
    ['what were the last changes?'],
    ['what changed in notes/todo.md?', 'notes/todo.md'],
    ['show the changes in the folder notes', 'notes'],
    ['what did you change in notes/?', 'notes/'],
    ['show me the history of a.md', 'a.md'],
    ['¿qué ha cambiado?'],
    ['que ha cambiado en mis archivos'],
    ['muestra los últimos cambios'],
    ['muéstrame los cambios recientes, por favor'],
    ['¿qué has cambiado?'],
    ['¿qué cambios has hecho?'],
    ['lista los cambios'],
    ['dime qué ha cambiado'],
    ['¿cuáles son los últimos cambios?'],
    ['¿qué ha cambiado en notas/compra.md?', 'notas/compra.md'],
    ['muestra los cambios de la carpeta notas', 'notas'],
  ])('%s', async (message, path) => {
    expect(await callsFor(message)).toEqual([['list_changes', path === undefined ? {} : { path }]]);
  });
});

describe('commands to undo', () => {
  const commands: [string, string?][] = [
    ['undo'],
    ['Undo!'],
    ['undo that'],
    ['please undo it'],
    ['undo the last change'],
    ['undo the last changes, please'],
    ['can you undo what you just did?'],
    ['take that back'],
    ['revert that'],
    ['roll back the last change'],
    ['No, undo that.'],
    [`undo the change ${ID}`, ID],
    [`undo ${ID.toUpperCase()}`, ID],
    ['deshaz eso'],
    ['deshazlo'],
    ['Deshacer'],
    ['deshaz el último cambio'],
    ['por favor, deshaz los últimos cambios'],
    ['¿puedes deshacer lo que acabas de hacer?'],
    ['quiero que deshagas eso'],
    ['revierte el último cambio'],
    ['no, deshazlo'],
    [`deshaz el cambio ${ID}`, ID],
  ];

  it.each(commands)('%s', async (message, id) => {
    expect(await callsFor(message)).toEqual([['undo_changes', id === undefined ? {} : { change_id: id }]]);
  });

  it.each(commands)('"%s" decides no approval', (message) => {
    expect(readDecision(message)).toBeUndefined();
  });

  it.each([`approve ${ID}`, `reject ${ID}`, 'yes 4821', 'no 4821', `apruebo ${ID}`, `rechazo ${ID}`])(
    '"%s", which decides one, undoes nothing',
    async (message) => {
      expect(readDecision(message)).toBeDefined();
      expect(await callsFor(message)).toEqual([]);
    },
  );
});
