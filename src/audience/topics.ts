import { audit } from '#access/audit.ts'
import { type Db, inTransaction, many, maybeOne, run, sql } from '#platform/db/db.ts'
import { conflict, notFound } from '#platform/errors.ts'
import type { Actor } from '#platform/http/route.ts'
import { newId } from '#platform/ids.ts'

/** What people can subscribe to one by one. */
export type Topic = { id: string; name: string; description: string; archived: boolean }
/** How many contacts said yes to this topic, and how many no. */
export type TopicWithPeople = Topic & { granted: number; withdrawn: number }

const columns = sql`t.id, t.name, t.description, t.archived_at is not null as archived`

/** All topics with what people said about them, those that are offered first. Topics are few. */
export function listTopics(db: Db): Promise<TopicWithPeople[]> {
  return many(
    db,
    sql`
    select ${columns}, coalesce(said.granted, 0) as granted, coalesce(said.withdrawn, 0) as withdrawn
    from audience.topic t left join (
      select topic_id, (count(*) filter (where state = 'granted'))::int as granted,
        (count(*) filter (where state = 'withdrawn'))::int as withdrawn
      from audience.consent_current where topic_id <> 0 group by topic_id) said on said.topic_id = t.id
    order by t.archived_at is not null, lower(t.name)`,
  )
}

/** Those that are offered, by name. */
export function offeredTopics(db: Db): Promise<Topic[]> {
  return many(
    db,
    sql`select ${columns} from audience.topic t where t.archived_at is null order by lower(t.name)`,
  )
}

/** 404 if there is none. */
export async function getTopic(db: Db, id: string): Promise<Topic> {
  const topic = await maybeOne<Topic>(
    db,
    sql`select ${columns} from audience.topic t where t.id = ${id}::bigint`,
  )
  if (!topic) throw notFound('topic')
  return topic
}

const taken = (name: string) => conflict('topic_exists', `There is a topic “${name}” already.`)

async function isTaken(db: Db, name: string, but: string | null): Promise<boolean> {
  const rows = await many(
    db,
    sql`
    select from audience.topic where archived_at is null and lower(name) = lower(${name})
      and id is distinct from ${but}::bigint limit 1`,
  )
  return rows.length > 0
}

export async function createTopic(
  db: Db,
  actor: Actor,
  given: { name: string; description: string },
  now: Date,
): Promise<Topic> {
  return inTransaction(db, async trx => {
    if (await isTaken(trx, given.name, null)) throw taken(given.name)
    const id = newId()
    await run(
      trx,
      sql`
      insert into audience.topic (id, name, description, created_at)
      values (${id}::bigint, ${given.name}, ${given.description}, ${now.toISOString()}::timestamptz)`,
    )
    await audit(trx, actor, 'topics.create', { kind: 'topic', id }, { name: given.name })
    return getTopic(trx, id)
  })
}

export type TopicChange = {
  name?: string | undefined
  description?: string | undefined
  archived?: boolean | undefined
}

/** What is left out stays. An archived topic is offered to nobody; what people said about it still counts. */
export async function updateTopic(
  db: Db,
  actor: Actor,
  { id, ...change }: TopicChange & { id: string },
  now: Date,
): Promise<Topic> {
  return inTransaction(db, async trx => {
    const before = await getTopic(trx, id)
    const after = {
      name: change.name ?? before.name,
      description: change.description ?? before.description,
      archived: change.archived ?? before.archived,
    }
    if (!after.archived && (await isTaken(trx, after.name, id))) throw taken(after.name)
    await run(
      trx,
      sql`
      update audience.topic set name = ${after.name}, description = ${after.description},
        archived_at = case when ${after.archived}::boolean then coalesce(archived_at, ${now.toISOString()}::timestamptz) end
      where id = ${id}::bigint`,
    )
    await audit(trx, actor, 'topics.edit', { kind: 'topic', id }, change)
    return getTopic(trx, id)
  })
}

/** Removes a topic about which nobody has said anything yet; 409 for any other: that can only be archived. */
export async function deleteTopic(db: Db, actor: Actor, id: string): Promise<void> {
  await inTransaction(db, async trx => {
    const topic = await getTopic(trx, id)
    const gone = await run(
      trx,
      sql`
      delete from audience.topic t where t.id = ${id}::bigint
        and not exists (select from audience.consent said where said.topic_id = t.id)`,
    )
    if (gone === 0)
      throw conflict('topic_in_use', `People have said something about “${topic.name}”: archive it instead.`)
    await audit(trx, actor, 'topics.delete', { kind: 'topic', id }, { name: topic.name })
  })
}
