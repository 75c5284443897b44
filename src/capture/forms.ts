import { randomBytes } from 'node:crypto'
import { audit } from '#access/audit.ts'
import { requireSteward } from '#access/ownership.ts'
import { setReferences, type Thing, usedBy } from '#access/references.ts'
import type { Config } from '#platform/config.ts'
import { type Db, inTransaction } from '#platform/db/db.ts'
import { AppError, conflict, notFound } from '#platform/errors.ts'
import type { Actor } from '#platform/http/route.ts'
import { newId } from '#platform/ids.ts'
import { checkForm, type Finding } from './forms/check.ts'
import { cleanForm } from './forms/clean.ts'
import { emptyForm, type FormDocument, fieldsOf } from './forms/definition.ts'
import {
  changeForm,
  type FormPatch,
  type FormRow,
  type FormStatus,
  insertForm,
  insertFormVersion,
  lockForm,
  selectForm,
  selectFormVersion,
} from './forms/forms.sql.ts'
import { slugOf } from './pages/slugs.ts'

export type { FormDocument, FormField } from './forms/definition.ts'

export { selectFormNames as formsByIds } from './forms/forms.sql.ts'
export { selectSubmissions as listSubmissions, submissionStatuses } from './forms/submissions.sql.ts'

/** 404 if there is none. */
export async function getForm(db: Db, id: string): Promise<FormRow> {
  const row = await selectForm(db, id)
  if (!row) throw notFound('form')
  return row
}

/** The form, kept from others until the transaction ends. Refuses one that is archived. */
export async function lockOne(trx: Db, id: string): Promise<FormRow> {
  const row = await lockForm(trx, id)
  if (!row) throw notFound('form')
  if (row.status === 'archived') throw conflict('archived', 'This form is archived.')
  return row
}

/** As `lockOne`; refuses a change made against an older state, and says who changed it since. */
async function lockAt(trx: Db, id: string, version: number): Promise<FormRow> {
  const row = await lockOne(trx, id)
  if (row.version !== version)
    throw conflict('stale', `${row.updatedBy} changed this form meanwhile.`, {
      version: row.version,
      updatedAt: row.updatedAt.toISOString(),
      updatedBy: row.updatedBy,
    })
  return row
}

/** Hosts that a browser may always be sent to. */
export const ourHosts = ({ streetUrl }: Pick<Config, 'streetUrl'>): string[] => [new URL(streetUrl).host]

/** Everything that a form relies on. */
export function usesOf(document: FormDocument): Thing[] {
  const { lists, score, assetId } = document.after
  const topics = fieldsOf(document).flatMap(field =>
    field.type === 'consent' && field.topicId ? [field.topicId] : [],
  )
  return [
    ...lists.map(id => ({ kind: 'list', id })),
    ...(score ? [{ kind: 'score', id: score.modelId }] : []),
    ...(assetId ? [{ kind: 'form-asset', id: assetId }] : []),
    ...[...new Set(topics)].map(id => ({ kind: 'topic', id })),
  ]
}

/** Its name, so that people know it, and some letters that nobody else has. */
const keyOf = (name: string) =>
  `${slugOf(name).slice(0, 45).replaceAll('/', '-')}-${randomBytes(4).toString('hex')}`

/** Adds a form as a draft, finished or not. */
export async function createForm(
  db: Db,
  actor: Actor,
  given: { name: string; document?: FormDocument | undefined },
  now: Date,
): Promise<FormRow> {
  const id = newId()
  const { name, document = emptyForm(name) } = given
  return inTransaction(db, async trx => {
    await insertForm(trx, {
      id,
      key: keyOf(name),
      name,
      document: cleanForm(document),
      ownerId: actor.kind === 'user' ? actor.id : null,
      by: actor.name,
      now,
    })
    await audit(trx, actor, 'forms.create', { kind: 'form', id }, { name })
    return getForm(trx, id)
  })
}

/** A draft that asks the same under an address of its own. */
export async function duplicateForm(db: Db, actor: Actor, id: string, now: Date): Promise<FormRow> {
  const { name, document } = await getForm(db, id)
  return createForm(db, actor, { name: `${name} (copy)`.slice(0, 200), document }, now)
}

export type FormChange = {
  version: number
  name?: string | undefined
  document?: FormDocument | undefined
  ownerId?: string | null | undefined
  reviewOn?: string | null | undefined
}

/** Saves the draft, finished or not; what is live stays as it is. Throws `stale`. */
export async function saveForm(
  db: Db,
  actor: Actor,
  id: string,
  change: FormChange,
  now: Date,
): Promise<FormRow> {
  return inTransaction(db, async trx => {
    await lockAt(trx, id, change.version)
    const { version, document, ...rest } = change
    await changeForm(
      trx,
      id,
      { ...rest, document: document && cleanForm(document) },
      { name: actor.name, now },
    )
    await audit(trx, actor, 'forms.edit', { kind: 'form', id }, { version: version + 1 })
    return getForm(trx, id)
  })
}

/** What keeps the draft from going live, and what is worth a thought. */
export const findingsOf = (
  db: Db,
  form: Pick<FormRow, 'document'>,
  config: Pick<Config, 'streetUrl'>,
): Promise<Finding> => checkForm(db, form.document, ourHosts(config))

export type Steward = { version: number; ownerId: string; reviewOn: string }

/**
 * Makes the draft the live version, for good. A test that runs ends by it. Throws `not_publishable` with every problem,
 * `stale`, or what `requireSteward` refuses.
 */
export async function publishForm(
  services: { db: Db; config: Pick<Config, 'streetUrl'> },
  actor: Actor,
  id: string,
  given: Steward,
  now: Date,
): Promise<FormRow> {
  return inTransaction(services.db, async trx => {
    const form = await lockAt(trx, id, given.version)
    await requireSteward(trx, given, now)
    const { problems } = await findingsOf(trx, form, services.config)
    if (problems.length > 0)
      throw new AppError('not_publishable', 'The form cannot go live like this.', {
        status: 422,
        fields: problems,
      })
    const document = cleanForm(form.document)
    const number = await insertFormVersion(trx, { ...given, id, document, by: actor.name, now })
    const { ownerId, reviewOn } = given
    const live: FormPatch = { status: 'live', liveVersion: number, test: null, ownerId, reviewOn }
    await changeForm(trx, id, live, { name: actor.name, now })
    await setReferences(trx, { kind: 'form', id, name: form.name }, usesOf(document))
    await audit(trx, actor, 'forms.publish', { kind: 'form', id }, { number, ownerId, reviewOn })
    return getForm(trx, id)
  })
}

/** Takes no more submissions; its address says so until it is resumed. */
export const pauseForm = (db: Db, actor: Actor, id: string, now: Date): Promise<FormRow> =>
  turn(db, actor, { id, from: ['live'], to: 'paused', action: 'forms.pause', now })

/** Takes submissions again, with the version that was live. */
export const resumeForm = (db: Db, actor: Actor, id: string, now: Date): Promise<FormRow> =>
  turn(db, actor, { id, from: ['paused'], to: 'live', action: 'forms.resume', now })

/** Takes a form out of use for good; what was sent stays. Refused while something shows it. */
export const archiveForm = (db: Db, actor: Actor, id: string, now: Date): Promise<FormRow> =>
  turn(db, actor, {
    id,
    from: ['draft', 'live', 'paused'],
    to: 'archived',
    action: 'forms.archive',
    now,
  })

type Turn = { id: string; from: FormStatus[]; to: FormStatus; action: string; now: Date }

async function turn(db: Db, actor: Actor, { id, from, to, action, now }: Turn): Promise<FormRow> {
  return inTransaction(db, async trx => {
    const form = await lockOne(trx, id)
    if (!from.includes(form.status))
      throw conflict('wrong_status', `A form that is ${form.status} cannot become ${to}.`)
    if (to === 'archived') await leaveAll(trx, form)
    await changeForm(trx, id, { status: to }, { name: actor.name, now })
    await audit(trx, actor, action, { kind: 'form', id })
    return getForm(trx, id)
  })
}

async function leaveAll(trx: Db, { id, name }: FormRow): Promise<void> {
  const users = await usedBy(trx, { kind: 'form', id })
  if (users.length > 0) {
    const names = users.map(user => user.name).join(', ')
    throw conflict('in_use', `${names} shows this form. Change that first.`, { usedBy: users })
  }
  await setReferences(trx, { kind: 'form', id, name }, [])
}

/** Makes what was published before the draft again; it goes live only when somebody publishes it. */
export async function revertForm(
  db: Db,
  actor: Actor,
  id: string,
  given: { version: number; number: number },
  now: Date,
): Promise<FormRow> {
  return inTransaction(db, async trx => {
    await lockAt(trx, id, given.version)
    const old = await selectFormVersion(trx, id, given.number)
    if (!old) throw notFound('version')
    await changeForm(trx, id, { document: old.document }, { name: actor.name, now })
    await audit(trx, actor, 'forms.revert', { kind: 'form', id }, { number: given.number })
    return getForm(trx, id)
  })
}
