import { audit } from '#access/audit.ts'
import { requireSteward } from '#access/ownership.ts'
import { usedBy } from '#access/references.ts'
import { type Db, inTransaction } from '#platform/db/db.ts'
import { AppError, conflict, notFound } from '#platform/errors.ts'
import type { Actor } from '#platform/http/route.ts'
import { newId } from '#platform/ids.ts'
import { draftSchema, type EmailDraft, emptyDraft } from './emails.draft.ts'
import {
  type EmailRow,
  insertEmail,
  insertVersion,
  selectEmail,
  selectEmails,
  selectLive,
  selectNames,
  updateDraft,
  updateStatus,
} from './emails.sql.ts'
import type { CompileResult } from './render/protocol.ts'
import { sharedRenderer } from './render/renderer.ts'
import { readSettings } from './settings.ts'

/** 404 if there is none. */
export async function getEmail(db: Db, id: string): Promise<EmailRow> {
  const row = await selectEmail(db, id)
  if (!row) throw notFound('email')
  return row
}

/** Names and states of these emails; those that do not exist are left out. */
export function emailsByIds(
  db: Db,
  ids: string[],
): Promise<{ id: string; name: string; status: string; liveVersion: number | null }[]> {
  return selectNames(db, ids)
}

/** The id of the live version of each of these emails; those that are not live are left out. */
export async function liveVersions(db: Db, emailIds: string[]): Promise<Map<string, string>> {
  if (emailIds.length === 0) return new Map()
  const rows = await selectLive(db, emailIds)
  return new Map(rows.map(row => [row.emailId, row.versionId]))
}

/** Adds an email as a draft, finished or not. */
export async function createEmail(
  db: Db,
  actor: Actor,
  given: Partial<EmailDraft> & { name: string },
  now: Date,
): Promise<EmailRow> {
  const { name, ...rest } = given
  const id = newId()
  return inTransaction(db, async trx => {
    await insertEmail(trx, {
      id,
      name,
      draft: draftSchema.parse({ ...emptyDraft, ...rest }),
      by: actor.name,
      now,
    })
    await audit(trx, actor, 'emails.create', { kind: 'email', id }, { name })
    return getEmail(trx, id)
  })
}

/** Somebody else saved meanwhile: the answer says who and when. */
function stale(row: EmailRow): AppError {
  return conflict('stale', `${row.updatedBy} changed this email meanwhile.`, {
    version: row.version,
    updatedAt: row.updatedAt.toISOString(),
    updatedBy: row.updatedBy,
  })
}

export type EmailChange = {
  version: number
  name?: string | undefined
  draft?: Partial<EmailDraft> | undefined
  ownerId?: string | null | undefined
  reviewOn?: string | null | undefined
}

/** Saves the draft; what is live stays as it is. Throws `stale`. */
export async function saveEmail(
  db: Db,
  actor: Actor,
  id: string,
  change: EmailChange,
  now: Date,
): Promise<EmailRow> {
  return inTransaction(db, async trx => {
    const row = await getEmail(trx, id)
    const saved = await updateDraft(trx, {
      id,
      version: change.version,
      name: change.name ?? row.name,
      draft: { ...row.draft, ...change.draft },
      ownerId: change.ownerId === undefined ? row.ownerId : change.ownerId,
      reviewOn: change.reviewOn === undefined ? row.reviewOn : change.reviewOn,
      by: actor.name,
      now,
    })
    if (!saved) throw row.status === 'archived' ? archived() : stale(await getEmail(trx, id))
    await audit(trx, actor, 'emails.edit', { kind: 'email', id }, { version: change.version + 1 })
    return getEmail(trx, id)
  })
}

const archived = () => conflict('archived', 'This email is archived.')

/** Compiles a draft as publishing would, and tells what is wrong with it and what is worth a thought. */
export async function checkEmail(db: Db, draft: EmailDraft): Promise<CompileResult> {
  const { settings } = await readSettings(db, 'sandbox')
  const { subject, preheader, kind, source, text } = draft
  const result = await sharedRenderer().compile({
    subject,
    preheader,
    kind,
    source,
    text,
    postalAddress: settings.postalAddress,
  })
  const known = settings.postalAddress !== '' || /\bpostal_address\b/.test(source)
  const address = {
    path: 'source' as const,
    line: null,
    message: 'No postal address is set: marketing mail must carry one (Settings, Sending)',
  }
  return known ? result : { ...result, warnings: [...result.warnings, address] }
}

/**
 * Compiles the draft once and makes it the live version, for good. Throws `not_publishable` with every problem of
 * the source, `stale`, or what `requireSteward` refuses.
 */
export async function publishEmail(
  db: Db,
  actor: Actor,
  id: string,
  given: { version: number; ownerId: string; reviewOn: string },
  now: Date,
): Promise<EmailRow> {
  const before = await getEmail(db, id)
  if (before.status === 'archived') throw archived()
  if (before.version !== given.version) throw stale(before)
  await requireSteward(db, given, now)
  // Outside of the transaction: a slow template must not hold its rows.
  const { compiled, problems } = await checkEmail(db, before.draft)
  if (!compiled) {
    const fields = problems.map(({ path, line, message }) => ({
      path: `draft.${path}`,
      message: line === null ? message : `line ${line}: ${message}`,
    }))
    throw new AppError('not_publishable', 'The email cannot go out like this.', {
      status: 422,
      fields,
      detail: { problems },
    })
  }
  return inTransaction(db, async trx => {
    const version = { ...given, id, versionId: newId(), draft: before.draft, compiled, by: actor.name, now }
    const number = await insertVersion(trx, version)
    if (number === undefined) throw stale(await getEmail(trx, id))
    await audit(
      trx,
      actor,
      'emails.publish',
      { kind: 'email', id },
      { number, ownerId: given.ownerId, reviewOn: given.reviewOn },
    )
    return getEmail(trx, id)
  })
}

/** Takes an email out of use. Refused while something sends it. */
export async function archiveEmail(db: Db, actor: Actor, id: string, now: Date): Promise<EmailRow> {
  return inTransaction(db, async trx => {
    await getEmail(trx, id)
    const users = await usedBy(trx, { kind: 'email', id })
    if (users.length > 0) {
      const names = users.map(user => user.name).join(', ')
      throw conflict('in_use', `${names} sends this email. Change that first.`, { usedBy: users })
    }
    await updateStatus(trx, { id, status: 'archived', by: actor.name, now })
    await audit(trx, actor, 'emails.archive', { kind: 'email', id })
    return getEmail(trx, id)
  })
}

export { selectEmails as listEmails }
