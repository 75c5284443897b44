import { listUsers, type User } from '#access/users.ts'
import { type Db, one, sql } from '#platform/db/db.ts'
import type { To } from './definition.ts'

/** Who is asked for: the contact's owner, what the rules of the team say of him, and whose turn it is. */
export type Asked = {
  to: To
  ownerId: string | null
  matches: (place: number) => boolean
  turn: () => Promise<number>
}

export type People = ReadonlyMap<string, User>

/** Everybody who can sign in, by id. */
export async function activePeople(db: Db): Promise<People> {
  return new Map((await listUsers(db)).filter(user => user.active).map(user => [user.id, user]))
}

/** The owner, else the team's one by rule or by turns, else the fallback; null where none of them is there. */
export async function personFor({ to, ownerId, matches, turn }: Asked, people: People): Promise<User | null> {
  const owner = to.owner ? people.get(ownerId ?? '') : undefined
  if (owner) return owner
  const { team } = to
  if (team?.by === 'rules') {
    const found = team.rules.find((rule, i) => matches(i) && people.has(rule.userId))
    const person = found && people.get(found.userId)
    if (person) return person
  }
  if (team?.by === 'turns') {
    const members = team.userIds.flatMap(id => people.get(id) ?? [])
    const person = members.length > 0 ? members[(await turn()) % members.length] : undefined
    if (person) return person
  }
  return people.get(to.fallbackUserId ?? '') ?? null
}

/** Takes a turn of a rule's team: 0, 1, 2 ... whatever process asks. */
export async function takeTurn(db: Db, ruleId: string): Promise<number> {
  const { turn } = await one<{ turn: number }>(
    db,
    sql`update crm.alert_rule set turn = turn + 1 where id = ${ruleId}::bigint returning ((turn - 1) % 1000000)::int as turn`,
  )
  return turn
}
