import type { Preset } from '../../connector.ts'

/** Fields of a preset from `{ local: remote }`. */
export const fieldPairs = (pairs: Record<string, string>): Preset['fields'] =>
  Object.entries(pairs).map(([local, remote]) => ({ local, remote }))
