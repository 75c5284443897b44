import { createHash, randomBytes } from 'node:crypto'
import { run, sql } from '#platform/db/db.ts'
import { newId } from '#platform/ids.ts'
import type { Services } from '#platform/services.ts'
import { hourMs, realTime } from './real-time.ts'

const lifeMs = 24 * hourMs

/** How a link's token is found again: the database holds its hash only. */
export function resetIdentifier(token: string): string {
  return `reset:${createHash('sha256').update(token).digest('base64url')}`
}

/** A link by which a person sets a new password, good once and for a day; an earlier one is void. */
export async function resetLink({ db, config }: Services, userId: string): Promise<string> {
  const token = randomBytes(32).toString('base64url')
  const now = realTime()
  await run(db, sql`delete from access.verification where value = ${userId} and identifier like 'reset:%'`)
  await run(
    db,
    sql`
    insert into access.verification (id, identifier, value, expires_at, created_at, updated_at)
    values (${newId()}, ${resetIdentifier(token)}, ${userId}, ${new Date(now.getTime() + lifeMs)}, ${now}, ${now})`,
  )
  return `${config.officeUrl}/sign-in?reset=${token}`
}
