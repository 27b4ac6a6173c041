import { describe, expect, it } from 'vitest';
import { callsFor } from './offline-model.ts';

describe('packing commands', () => {
  it.each([
    ['zip notes and plans into backup.zip', ['notes', 'plans'], 'backup.zip'],
    ['Zip notes/ into backup.zip, please.', ['notes/'], 'backup.zip'],
    ['compress notes', ['notes'], 'notes.zip'],
    ['zip a.txt', ['a.txt'], 'a.zip'],
    ['can you zip the folder notes?', ['notes'], 'notes.zip'],
    [
      'compress a.txt, b.txt and the notes folder into old/backup.zip',
      ['a.txt', 'b.txt', 'notes'],
      'old/backup.zip',
    ],
    ['compress notes into backup', ['notes'], 'backup.zip'],
    ['make a zip of notes and plans called backup.zip', ['notes', 'plans'], 'backup.zip'],
    ['comprime notas en copia.zip', ['notas'], 'copia.zip'],
    ['comprime notas y planes en copia.zip', ['notas', 'planes'], 'copia.zip'],
    ['comprime la carpeta notas', ['notas'], 'notas.zip'],
    ['¿puedes comprimir a.txt y b.txt en copia.zip?', ['a.txt', 'b.txt'], 'copia.zip'],
    ['quiero que comprimas notas/ como copia.zip', ['notas/'], 'copia.zip'],
    ['empaqueta notas en copia.zip', ['notas'], 'copia.zip'],
    ['crea un zip con notas y planes llamado copia.zip', ['notas', 'planes'], 'copia.zip'],
  ])('%s', async (message, paths, to) => {
    expect(await callsFor(message)).toEqual([['zip_files', { paths, to }]]);
  });
});

describe('unpacking commands', () => {
  it.each<[string, string, string?]>([
    ['unzip backup.zip into restored', 'backup.zip', 'restored'],
    ['unzip backup.zip', 'backup.zip'],
    ['please extract backup.zip to restored/', 'backup.zip', 'restored'],
    ['can you unpack old/backup.zip into the folder restored?', 'old/backup.zip', 'restored'],
    ['extract the contents of backup.zip into restored', 'backup.zip', 'restored'],
    ['decompress backup.zip here', 'backup.zip'],
    ['unzip "my backup.zip" into "my notes"', 'my backup.zip', 'my notes'],
    ['descomprime copia.zip en restaurado', 'copia.zip', 'restaurado'],
    ['descomprime copia.zip', 'copia.zip'],
    ['¿puedes descomprimir copia.zip en la carpeta restaurado?', 'copia.zip', 'restaurado'],
    ['extrae copia.zip en restaurado/', 'copia.zip', 'restaurado'],
    ['extrae el contenido de copia.zip en restaurado', 'copia.zip', 'restaurado'],
    ['quiero que descomprimas copia.zip, por favor', 'copia.zip'],
  ])('%s', async (message, path, to) => {
    const args = { path, ...(to === undefined ? {} : { to }) };
    expect(await callsFor(message)).toEqual([['unzip_file', args]]);
  });
});
