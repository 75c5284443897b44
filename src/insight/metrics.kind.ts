/** Every number that a screen, a report or an answer of the API shows. One sentence says what it means, everywhere. */
export type Metric = {
  key: string
  name: string
  definition: string
  unit: 'count' | 'share' | 'days'
  /** Which way is better; null where neither is. Decides the colour and the word of a change. */
  better: 'up' | 'down' | null
  /** How it is counted anew from the ledgers: an aggregate over the rows that `recounts` of its group gives. */
  sql: string
  /** A share says of what. */
  of?: { part: string; whole: string }
}

/** A number of things. */
export function count<K extends string>(
  key: K,
  name: string,
  definition: string,
  sql: string,
  better: Metric['better'] = null,
) {
  return { key, name, definition, unit: 'count' as const, better, sql }
}

/** One number of things as a share of another; both are metrics themselves. */
export function share<K extends string>(
  given: { key: K; name: string; part: string; whole: string; better: Metric['better'] },
  definition: string,
) {
  const { key, name, part, whole, better } = given
  return {
    key,
    name,
    definition,
    unit: 'share' as const,
    better,
    sql: `${part} / ${whole}`,
    of: { part, whole },
  }
}
