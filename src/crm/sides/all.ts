import type { Kind } from '../mapping.ts'
import { companySide } from './company.ts'
import { dealSide } from './deal.ts'
import { personSide } from './person.ts'
import { campaignSide, memberSide, taskSide, userSide } from './plain.ts'
import type { Side } from './side.ts'

const sides: Side[] = [userSide, companySide, personSide, dealSide, campaignSide, memberSide, taskSide]
const byKind = new Map(sides.map(side => [side.kind, side]))

/** How a kind of thing is read and written on our side. */
export function sideOf(kind: Kind): Side {
  const side = byKind.get(kind)
  if (!side) throw new Error(`no side for ${kind}`)
  return side
}
