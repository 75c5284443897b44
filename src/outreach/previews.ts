import { type Db, maybeOne, run, sql } from '#platform/db/db.ts'
import { newId } from '#platform/ids.ts'
import type { Services } from '#platform/services.ts'
import { htmlOf } from './mailbox.ts'
import { type DocumentKind, readDocument, signDocument } from './tokens.ts'

const shownMs = 15 * 60_000

/** The address under which a document is shown in a sandboxed frame, for a quarter of an hour. */
export function documentUrl({ secrets, config, clock }: Services, kind: DocumentKind, id: string): string {
  const until = new Date(clock.now().getTime() + shownMs)
  return `${config.streetUrl}/preview/${signDocument(secrets, kind, id, until)}`
}

/** Keeps a rendered email for its frame; the address of it. */
export async function keepPreview(services: Services, html: string): Promise<string> {
  const id = newId()
  const until = new Date(services.clock.now().getTime() + shownMs)
  await run(
    services.db,
    sql`
    insert into outreach.preview (id, html, expires_at)
    values (${id}::bigint, ${html.replaceAll('\0', '')}, ${until.toISOString()}::timestamptz)`,
  )
  return documentUrl(services, 'preview', id)
}

/** The HTML behind a signed address, or null. */
export async function readPreview({ db, secrets, clock }: Services, signed: string): Promise<string | null> {
  const wanted = readDocument(secrets, signed, clock.now())
  if (!wanted) return null
  return wanted.kind === 'preview' ? selectPreview(db, wanted.id) : htmlOf(db, wanted.id)
}

async function selectPreview(db: Db, id: string): Promise<string | null> {
  const row = await maybeOne<{ html: string }>(
    db,
    sql`select html from outreach.preview where id = ${id}::bigint`,
  )
  return row?.html ?? null
}
