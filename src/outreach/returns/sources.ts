import { audit } from '#access/audit.ts'
import { type Db, inTransaction, many, maybeOne, run, sql } from '#platform/db/db.ts'
import { conflict, notFound } from '#platform/errors.ts'
import type { Actor } from '#platform/http/route.ts'
import { newId } from '#platform/ids.ts'
import type { Secrets } from '#platform/secrets.ts'
import { makeSecret } from './signature.ts'

/** A provider that tells by webhook what came back. Its secret is shown when it is made, and never again. */
export type NewsSource = { id: string; name: string; createdAt: Date; createdBy: string; lastAt: Date | null }

const columns = sql`id, name, created_at as "createdAt", created_by as "createdBy", last_at as "lastAt"`

export function listSources(db: Db): Promise<NewsSource[]> {
  return many(db, sql`select ${columns} from outreach.news_source order by name`)
}

async function getSource(db: Db, id: string): Promise<NewsSource> {
  const found = await maybeOne<NewsSource>(
    db,
    sql`select ${columns} from outreach.news_source where id = ${id}::bigint`,
  )
  if (!found) throw notFound('webhook')
  return found
}

type Made = { source: NewsSource; secret: string }

export async function createSource(
  { db, secrets }: { db: Db; secrets: Secrets },
  actor: Actor,
  name: string,
  now: Date,
): Promise<Made> {
  const [id, secret] = [newId(), makeSecret()]
  return inTransaction(db, async trx => {
    const made = await run(
      trx,
      sql`
      insert into outreach.news_source (id, name, secret, created_at, created_by)
      values (${id}::bigint, ${name}, ${secrets.encrypt(secret)}, ${now.toISOString()}::timestamptz, ${actor.name})
      on conflict (name) do nothing`,
    )
    if (made === 0) throw conflict('name_taken', `There is a webhook “${name}” already.`)
    await audit(trx, actor, 'returns.source.create', { kind: 'news-source', id }, { name })
    return { source: await getSource(trx, id), secret }
  })
}

/** A new secret; the old one is refused from then on. */
export async function rotateSource(
  { db, secrets }: { db: Db; secrets: Secrets },
  actor: Actor,
  id: string,
): Promise<Made> {
  const secret = makeSecret()
  return inTransaction(db, async trx => {
    const source = await getSource(trx, id)
    await run(
      trx,
      sql`update outreach.news_source set secret = ${secrets.encrypt(secret)} where id = ${id}::bigint`,
    )
    await audit(trx, actor, 'returns.source.rotate', { kind: 'news-source', id }, { name: source.name })
    return { source, secret }
  })
}

export async function deleteSource(db: Db, actor: Actor, id: string): Promise<void> {
  await inTransaction(db, async trx => {
    const source = await getSource(trx, id)
    await run(trx, sql`delete from outreach.news_source where id = ${id}::bigint`)
    await audit(trx, actor, 'returns.source.delete', { kind: 'news-source', id }, { name: source.name })
  })
}

/** The secret of a name, or null. */
export async function secretOf(
  { db, secrets }: { db: Db; secrets: Secrets },
  name: string,
): Promise<string | null> {
  const found = await maybeOne<{ secret: string }>(
    db,
    sql`select secret from outreach.news_source where name = ${name}`,
  )
  return found ? secrets.decrypt(found.secret) : null
}

/** Notes that somebody called who may; at most once a minute, so that a busy provider does not wear out the row. */
export async function noteCall(db: Db, name: string, at: Date): Promise<void> {
  await run(
    db,
    sql`
    update outreach.news_source set last_at = ${at.toISOString()}::timestamptz
    where name = ${name} and (last_at is null or last_at < ${new Date(at.getTime() - 60_000).toISOString()}::timestamptz)`,
  )
}
