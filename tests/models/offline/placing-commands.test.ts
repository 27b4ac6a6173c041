import { describe, expect, it } from 'vitest';
import { callsFor } from './offline-model.ts';

describe('moving commands', () => {
  it.each([
    ['move a.txt to b/', 'a.txt', 'b/'],
    ['Move the file a.txt into the folder b.', 'a.txt', 'b/'],
    ['please move a.txt into b', 'a.txt', 'b/'],
    ['could you move a.txt to the b folder?', 'a.txt', 'b/'],
    ['move a.txt to b/c.txt', 'a.txt', 'b/c.txt'],
    ['move b/a.txt to the workspace root', 'b/a.txt', 'a.txt'],
    ['move the folder notes to archive/', 'notes', 'archive/'],
    ['mv a.txt b/', 'a.txt', 'b/'],
    ['move "my notes.md" to "old notes.md"', 'my notes.md', 'old notes.md'],
    ['move a.txt into "old notes"', 'a.txt', 'old notes/'],
    ['move a.txt into plans/2026', 'a.txt', 'plans/2026/'],
    ['rename a.txt to b.txt', 'a.txt', 'b.txt'],
    ['rename the file a.txt as b.txt', 'a.txt', 'b.txt'],
    ['can you rename notes/a.txt to b.txt?', 'notes/a.txt', 'notes/b.txt'],
    ['rename notes/a.txt to old/b.txt', 'notes/a.txt', 'old/b.txt'],
    ['rename the folder notes to archive', 'notes', 'archive'],
    ['change the name of a.txt to b.txt', 'a.txt', 'b.txt'],
    ['rename a.txt to "b"', 'a.txt', 'b'],
    ['mueve a.txt a b/', 'a.txt', 'b/'],
    ['mové a.txt a la carpeta b', 'a.txt', 'b/'],
    ['por favor, mueve el archivo a.txt a b/c.txt', 'a.txt', 'b/c.txt'],
    ['¿puedes mover a.txt a la carpeta b?', 'a.txt', 'b/'],
    ['quiero que muevas la carpeta notas a archivo/', 'notas', 'archivo/'],
    ['mueve b/a.txt a la raíz', 'b/a.txt', 'a.txt'],
    ['renombra a.txt como b.txt', 'a.txt', 'b.txt'],
    ['renombra a.txt a b.txt', 'a.txt', 'b.txt'],
    ['¿podrías renombrar notas/a.txt a b.txt?', 'notas/a.txt', 'notas/b.txt'],
    ['cambia el nombre de a.txt a b.txt', 'a.txt', 'b.txt'],
    ['renombra la carpeta notas a archivo', 'notas', 'archivo'],
  ])('%s', async (message, from, to) => {
    expect(await callsFor(message)).toEqual([['move_file', { from, to }]]);
  });

  it.each([
    'move a.txt to b.txt and overwrite it',
    'move a.txt to b.txt, overwrite',
    'rename a.txt to b.txt and replace it',
    'rename a.txt to b.txt, replace it',
    'move a.txt over b.txt',
    'move a.txt to b.txt overwriting it',
    'mueve a.txt a b.txt y sobrescríbelo',
    'mueve a.txt a b.txt, sobrescribe',
    'renombra a.txt como b.txt, reemplázalo',
    'mueve a.txt a b.txt sobrescribiendo el que hay',
    'mueve a.txt a b.txt aunque ya exista',
    'renombra a.txt a b.txt y sobreescribe',
  ])('%s: over what is there', async (message) => {
    expect(await callsFor(message)).toEqual([['move_file', { from: 'a.txt', to: 'b.txt', overwrite: true }]]);
  });

  it('moves several files into one folder', async () => {
    expect(await callsFor('move a.txt and b.txt to old/')).toEqual([
      ['move_file', { from: 'a.txt', to: 'old/' }],
      ['move_file', { from: 'b.txt', to: 'old/' }],
    ]);
  });
});

describe('copying commands', () => {
  it.each([
    ['copy a.txt to b.txt', 'a.txt', 'b.txt'],
    ['Copy a.txt to b/, please', 'a.txt', 'b/'],
    ['duplicate a.txt as b.txt', 'a.txt', 'b.txt'],
    ['copy the folder notes into the folder archive', 'notes', 'archive/'],
    ['can you copy a.txt into b?', 'a.txt', 'b/'],
    ['make a copy of a.txt called b.txt', 'a.txt', 'b.txt'],
    ['cp a.txt b.txt', 'a.txt', 'b.txt'],
    ['copia a.txt en b.txt', 'a.txt', 'b.txt'],
    ['copia a.txt en b', 'a.txt', 'b/'],
    ['copiá a.txt a b/', 'a.txt', 'b/'],
    ['¿puedes copiar a.txt en la carpeta b?', 'a.txt', 'b/'],
    ['duplica a.txt como b.txt', 'a.txt', 'b.txt'],
    ['haz una copia de a.txt llamada b.txt', 'a.txt', 'b.txt'],
  ])('%s', async (message, from, to) => {
    expect(await callsFor(message)).toEqual([['copy_file', { from, to }]]);
  });

  it.each(['copy a.txt to b.txt and overwrite it', 'copia a.txt en b.txt y sobrescribe'])(
    '%s: over what is there',
    async (message) => {
      const args = { from: 'a.txt', to: 'b.txt', overwrite: true };
      expect(await callsFor(message)).toEqual([['copy_file', args]]);
    },
  );
});

describe('commands for a new folder', () => {
  it.each([
    ['make a folder called plans', 'plans'],
    ['create a folder called plans', 'plans'],
    ['Create a new folder named "my plans", please.', 'my plans'],
    ['can you make a directory plans/2026?', 'plans/2026'],
    ['create the folder plans', 'plans'],
    ['create plans/', 'plans/'],
    ['make a plans folder', 'plans'],
    ['create a folder called v1.2', 'v1.2'],
    ['create a folder 2026 in plans', 'plans/2026'],
    ['create a folder in plans/ called 2026', 'plans/2026'],
    ['mkdir plans', 'plans'],
    ['crea una carpeta planes', 'planes'],
    ['Creá una carpeta llamada planes', 'planes'],
    ['crea la carpeta planes/2026', 'planes/2026'],
    ['¿puedes crear una carpeta nueva llamada "mis planes"?', 'mis planes'],
    ['haz un directorio planes', 'planes'],
    ['quiero que crees una carpeta planes', 'planes'],
    ['crea una carpeta 2026 dentro de planes', 'planes/2026'],
    ['crea una carpeta en planes llamada 2026', 'planes/2026'],
  ])('%s', async (message, path) => {
    expect(await callsFor(message)).toEqual([['make_folder', { path }]]);
  });

  it('makes several', async () => {
    const calls = [
      ['make_folder', { path: 'ideas' }],
      ['make_folder', { path: 'plans' }],
    ];
    expect(await callsFor('create the folders ideas and plans')).toEqual(calls);
    expect(await callsFor('crea las carpetas ideas y plans')).toEqual(calls);
  });
});

describe('commands to delete a folder', () => {
  it.each([
    ['delete the folder notes', 'notes'],
    ['delete the notes folder', 'notes'],
    ['delete the folder notes/old', 'notes/old'],
    ['remove notes/', 'notes/'],
    ['could you delete the directory notes?', 'notes'],
    ['remove the folder "my notes"', 'my notes'],
    ['borra la carpeta notas', 'notas'],
    ['elimina la carpeta notas/viejas', 'notas/viejas'],
    ['borra notas/', 'notas/'],
    ['¿puedes borrar la carpeta notas?', 'notas'],
    ['quiero que borres el directorio notas', 'notas'],
    ['por favor, borra la carpeta «mis notas»', 'mis notas'],
  ])('%s', async (message, path) => {
    expect(await callsFor(message)).toEqual([['delete_file', { path }]]);
  });

  it.each([
    ['delete the folder notes with everything in it', 'notes'],
    ['delete the folder notes and everything in it', 'notes'],
    ['please delete the notes folder and all its contents', 'notes'],
    ['delete notes/ recursively', 'notes/'],
    ['recursively delete the folder notes', 'notes'],
    ['can you remove the folder notes/old and everything inside?', 'notes/old'],
    ['get rid of the folder notes and its contents', 'notes'],
    ['borra la carpeta notas con todo lo que hay dentro', 'notas'],
    ['borra la carpeta notas y todo lo que contiene', 'notas'],
    ['elimina notas/ recursivamente', 'notas/'],
    ['¿puedes borrar la carpeta notas y todo su contenido?', 'notas'],
    ['borra la carpeta «mis notas» con todo su contenido', 'mis notas'],
    ['por favor elimina el directorio notas con todo lo que tiene dentro', 'notas'],
  ])('%s', async (message, path) => {
    expect(await callsFor(message)).toEqual([['delete_file', { path, recursive: true }]]);
  });
});
