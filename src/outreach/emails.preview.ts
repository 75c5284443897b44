import { findUserByEmail } from '#access/users.ts'
import { type Contact, getContact } from '#audience/contacts.ts'
import { type Db, inTransaction, one, run, sql } from '#platform/db/db.ts'
import { AppError, invalid } from '#platform/errors.ts'
import type { Actor } from '#platform/http/route.ts'
import { idFrom, newId } from '#platform/ids.ts'
import type { Services } from '#platform/services.ts'
import { contextFor, finishLinks } from './context.ts'
import type { EmailDraft } from './emails.draft.ts'
import { checkEmail, getEmail } from './emails.ts'
import { type NewMessage, queueMessages } from './messages.ts'
import { keepPreview } from './previews.ts'
import type { Parts, Problem } from './render/protocol.ts'
import { sharedRenderer } from './render/renderer.ts'
import { readSettings } from './settings.ts'

export type Preview = {
  parts: Parts | null
  /** Where the HTML is shown in a sandboxed frame. */
  previewUrl: string | null
  problems: Problem[]
  warnings: Problem[]
}

/** Renders a draft for a contact, or for an invented one, with links that lead straight to where they lead. */
export async function previewEmail(
  services: Services,
  draft: EmailDraft,
  contactId: string | null,
): Promise<Preview> {
  const contact = contactId === null ? invented : await getContact(services.db, contactId)
  const { parts, problems, warnings } = await renderDraft(services, draft, contact)
  const previewUrl = parts ? await keepPreview(services, parts.html) : null
  return { parts, previewUrl, problems, warnings }
}

async function renderDraft(
  services: Services,
  draft: EmailDraft,
  contact: Contact,
): Promise<Omit<Preview, 'previewUrl'>> {
  const { compiled, problems, warnings } = await checkEmail(services.db, draft)
  if (!compiled) return { parts: null, problems, warnings }
  const { settings } = await readSettings(services.db, services.config.mode)
  const context = contextFor(services, {
    contact,
    isMarketing: true,
    postalAddress: settings.postalAddress,
    now: services.clock.now(),
    subject: null,
  })
  const { subject, html, text } = compiled
  const [result] = await sharedRenderer().render({ key: `draft:${newId()}`, subject, html, text }, [context])
  if (!result?.ok) {
    const message = result?.reason ?? 'could not be rendered'
    return { parts: null, problems: [{ path: 'source', line: null, message }], warnings }
  }
  const parts = finishLinks(services, result.parts, {
    nonce: context.tend.nonce,
    subject: null,
    isDynamic: () => false,
  })
  return { parts, problems, warnings }
}

const invented: Contact = {
  id: '1',
  email: 'ann.example@example.com',
  firstName: 'Ann',
  lastName: 'Example',
  phone: null,
  jobTitle: 'Head of Examples',
  country: 'AT',
  language: 'en',
  timeZone: 'Europe/Vienna',
  stage: 'lead',
  ownerId: null,
  companyId: null,
  companyName: 'Example Ltd',
  attrs: {},
  createdAt: new Date(0),
  updatedAt: new Date(0),
  updatedBy: 'nobody',
  version: 1,
}

const testsPerHour = 10
const hourMs = 3_600_000

/**
 * Queues a test mail of a draft. Only to people of this installation, ten an hour: otherwise everybody with an
 * account could send anything to anybody. It passes the gate as a test and tracks nothing.
 */
export async function testEmail(
  services: Services,
  actor: Actor,
  ask: { id: string; to: string; contactId: string | null; draft?: EmailDraft },
): Promise<{ messageId: string }> {
  const { db, clock } = services
  const email = await getEmail(db, ask.id)
  const user = await findUserByEmail(db, ask.to)
  if (!user?.active) {
    throw invalid('Test mails go to people of this installation only.', [
      { path: 'to', message: 'is nobody who can sign in here' },
    ])
  }
  const contact = ask.contactId === null ? invented : await getContact(db, ask.contactId)
  const { parts, problems } = await renderDraft(services, ask.draft ?? email.draft, contact)
  if (!parts)
    throw invalid(
      'The email cannot go out like this.',
      problems.map(({ path, message }) => ({ path: `draft.${path}`, message })),
    )
  const now = clock.now()
  return inTransaction(db, async trx => {
    const key = await takeTest(trx, actor, now)
    const row: NewMessage = {
      // A test belongs to nobody's story: the lane is that of its reader.
      contactId: idFrom('test', user.id),
      channel: 'email',
      class: 'test',
      reason: `test:${key}`,
      recipient: user.email,
      payload: { subject: `[Test] ${parts.subject}`, text: parts.text, html: parts.html },
      causeId: null,
      why: [{ kind: 'person', id: actor.id, name: actor.name, at: now.toISOString() }],
      notBefore: now,
    }
    const [queued] = await queueMessages(trx, [row], now)
    return { messageId: queued?.id ?? '' }
  })
}

/** Counts one test of this person within the hour, one after the other; throws where it is one too many. */
async function takeTest(trx: Db, { id: who }: Actor, now: Date): Promise<string> {
  const key = newId()
  const since = new Date(now.getTime() - hourMs).toISOString()
  await run(trx, sql`select pg_advisory_xact_lock(hashtext('tend.test'), hashtext(${who}))`)
  await run(trx, sql`delete from outreach.test_send where actor = ${who} and at < ${since}::timestamptz`)
  await run(
    trx,
    sql`
    insert into outreach.test_send (actor, id, at)
    values (${who}, ${key}::bigint, ${now.toISOString()}::timestamptz)`,
  )
  const { n } = await one<{ n: number }>(
    trx,
    sql`select count(*)::int as n from outreach.test_send where actor = ${who}`,
  )
  if (n <= testsPerHour) return key
  throw new AppError('too_many_tests', `At most ${testsPerHour} test mails an hour.`, { status: 429 })
}
