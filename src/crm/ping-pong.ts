import type { Link } from './links.sql.ts'
import type { Merged } from './merge.ts'

const flipsPerHour = 4
const hourMs = 3_600_000

/** A field that was fought over too often in an hour rests. */
export function freeze(link: Link, merged: Merged | null, now: Date): { link: Link; field: string }[] {
  const frozen: { link: Link; field: string }[] = []
  for (const field of merged?.fights ?? []) {
    const before = link.flips[field]
    const isFresh = before && now.getTime() - Date.parse(before.since) < hourMs
    const flips = isFresh ? { ...before, n: before.n + 1 } : { n: 1, since: now.toISOString() }
    link.flips = { ...link.flips, [field]: flips }
    if (flips.n > flipsPerHour && !link.frozen.includes(field)) {
      link.frozen = [...link.frozen, field]
      frozen.push({ link, field })
    }
  }
  return frozen
}

/** What people are told of it. */
export const pingPong = ({ link, field }: { link: Link; field: string }) => ({
  kind: 'ping_pong' as const,
  words: `The field “${field}” went back and forth more than ${flipsPerHour} times in an hour: two rules fight over it. It rests on these records.`,
  fields: [field],
  link,
})
