import { createHash, randomInt } from 'node:crypto'

/** Ids are 63-bit and ordered by time: milliseconds since 2024 (41 bits), node (10 bits), sequence (12 bits). */
const epochMs = Date.UTC(2024, 0, 1)
let node = BigInt(randomInt(1024))
let lastMs = 0
// Starts anywhere and never restarts within a millisecond: the low bits decide the lane, so they must be even.
let sequence = randomInt(4096)
let usedInMs = 0

/** Gives this process a number of its own (from the database), so that two processes never make the same id. */
export function setIdNode(number: number): void {
  node = BigInt(number & 1023)
}

/** A new id, greater than every earlier one of this process up to the millisecond. */
export function newId(): string {
  const clock = Math.max(Date.now() - epochMs, lastMs)
  usedInMs = clock === lastMs ? usedInMs + 1 : 0
  // 4,096 ids a millisecond; beyond that the next millisecond is borrowed.
  lastMs = usedInMs < 4096 ? clock : clock + 1
  if (lastMs !== clock) usedInMs = 0
  sequence = (sequence + 1) & 4095
  return ((BigInt(lastMs) << 22n) | (node << 12n) | BigInt(sequence)).toString()
}

/** The same parts always give the same 63-bit id: what makes a retried write a repetition, not a second row. */
export function idFrom(...parts: string[]): string {
  const digest = createHash('sha256').update(parts.join('\u0000')).digest()
  return (digest.readBigUInt64BE(0) >> 1n).toString()
}

export const laneCount = 64

/** The lane in which everything about this contact is decided, one after the other. */
export function laneOf(contactId: string): number {
  return Number(BigInt(contactId) & 63n)
}
