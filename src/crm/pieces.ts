/** Cuts a list into pieces and works on them side by side; the connection itself lets only some of them out. */
export async function inPieces<T, R>(
  all: T[],
  size: number,
  work: (piece: T[]) => Promise<R[]>,
): Promise<R[]> {
  const pieces: T[][] = []
  for (let i = 0; i < all.length; i += size) pieces.push(all.slice(i, i + size))
  return (await Promise.all(pieces.map(work))).flat()
}
