/** The cosine distance that pgvector computes, over what a half-precision column keeps of the vectors. */
export function cosineDistance(one: number[], other: number[]): number {
  const left = new Float16Array(one);
  const right = new Float16Array(other);
  let product = 0;
  let leftSquares = 0;
  let rightSquares = 0;
  left.forEach((value, position) => {
    const opposite = right[position] ?? 0;
    product += value * opposite;
    leftSquares += value * value;
    rightSquares += opposite * opposite;
  });
  return 1 - product / Math.sqrt(leftSquares * rightSquares);
}
