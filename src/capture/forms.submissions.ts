import { audit } from '#access/audit.ts'
import { type Db, inTransaction } from '#platform/db/db.ts'
import { conflict, notFound } from '#platform/errors.ts'
import type { Actor } from '#platform/http/route.ts'
import type { Services } from '#platform/services.ts'
import { accept } from './forms/accept.ts'
import { selectFormVersion } from './forms/forms.sql.ts'
import {
  deleteSubmission,
  insertSubmission,
  type Submission,
  selectSubmission,
  setStatus,
} from './forms/submissions.sql.ts'
import { getForm } from './forms.ts'

/** 404 if the form has no such submission. */
export async function getSubmission(db: Db, formId: string, id: string, lock = false): Promise<Submission> {
  const row = await selectSubmission(db, formId, id, lock)
  if (!row) throw notFound('submission')
  return row
}

type Named = { formId: string; id: string }

/** Works a held submission through as if it had come now, with what it brought: contact, consent, event, the rest. */
export async function releaseSubmission(services: Services, actor: Actor, named: Named): Promise<Submission> {
  return inTransaction(services.db, async trx => {
    const row = await getSubmission(trx, named.formId, named.id, true)
    if (row.reasons.length === 0)
      throw conflict('wrong_status', 'This submission was worked through already.')
    await workThrough(trx, services, row)
    await audit(
      trx,
      actor,
      'forms.submission.release',
      { kind: 'submission', id: row.id },
      { formId: row.formId },
    )
    return getSubmission(trx, named.formId, named.id)
  })
}

async function workThrough(trx: Db, services: Services, row: Submission): Promise<void> {
  const form = await getForm(trx, row.formId)
  const version = await selectFormVersion(trx, row.formId, row.version)
  if (!version) throw notFound('version')
  const taken = { ...row, status: 'accepted' as const, reasons: [] }
  const contactId = await accept(trx, services, { ...form, document: version.document }, taken)
  await deleteSubmission(trx, row)
  await insertSubmission(trx, { ...taken, contactId })
}

/** Says that nobody meant it. What it did already stays: a contact is deleted where contacts are. */
export async function markSpam(services: Services, actor: Actor, named: Named): Promise<Submission> {
  return inTransaction(services.db, async trx => {
    const row = await getSubmission(trx, named.formId, named.id, true)
    await setStatus(trx, row, 'spam')
    await audit(
      trx,
      actor,
      'forms.submission.spam',
      { kind: 'submission', id: row.id },
      { formId: row.formId },
    )
    return getSubmission(trx, named.formId, named.id)
  })
}

/** Takes the word "spam" back: it is what it was before, and nothing is worked through. */
export async function unmarkSpam(services: Services, actor: Actor, named: Named): Promise<Submission> {
  return inTransaction(services.db, async trx => {
    const row = await getSubmission(trx, named.formId, named.id, true)
    if (row.status !== 'spam') throw conflict('wrong_status', 'This submission is not marked as spam.')
    // What was worked through has no reason left to be held.
    await setStatus(trx, row, row.reasons.length > 0 ? 'held' : 'accepted')
    await audit(
      trx,
      actor,
      'forms.submission.not_spam',
      { kind: 'submission', id: row.id },
      { formId: row.formId },
    )
    return getSubmission(trx, named.formId, named.id)
  })
}

/** Works an accepted submission through once more, after its form or a field was put right. */
export async function reprocessSubmission(
  services: Services,
  actor: Actor,
  named: Named,
): Promise<Submission> {
  return inTransaction(services.db, async trx => {
    const row = await getSubmission(trx, named.formId, named.id, true)
    if (row.status !== 'accepted')
      throw conflict('wrong_status', 'Only an accepted submission can be repeated.')
    await workThrough(trx, services, row)
    await audit(
      trx,
      actor,
      'forms.submission.repeat',
      { kind: 'submission', id: row.id },
      { formId: row.formId },
    )
    return getSubmission(trx, named.formId, named.id)
  })
}
