import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { contactsByAddress } from '#audience/by-address.ts'
import type { Event } from '#engine/reactor.ts'
import { sendConfirmations } from '#outreach/opt-in.ts'
import { makeToken } from '#outreach/tokens.ts'
import { many, one, sql } from '#platform/db/db.ts'
import { type TestDatabase, testDatabase } from '../../tests/harness/database.ts'
import { consentField, fillIn, publishForm, textField, whitePaper } from './forms.fixture.ts'
import { startTown, type Town } from './pages.fixture.ts'

// Somebody signs up, confirms from his mailbox, and comes back.

let base: TestDatabase
let town: Town
before(async () => {
  base = await testDatabase()
  town = await startTown(base)
})
after(async () => {
  await town?.stop()
  await base?.stop()
})

/** Asks for an address first, then for one thing at a time. */
const asking = () =>
  publishForm(
    town,
    whitePaper(document => {
      document.progressive = { isOn: true, maxShown: 1 }
      const [step] = document.steps
      if (!step) throw new Error('a form has a step')
      const job = { to: 'contact', field: 'job_title', merge: 'fill_if_empty' } as const
      step.fields = [
        ...step.fields.flatMap(field =>
          ['email', 'first_name'].includes(field.key) ? [{ ...field, always: false } as typeof field] : [],
        ),
        textField('job', { mapping: job }),
        consentField({ doubleOptIn: true }),
      ]
    }),
  )

/** Lets the letter to this address be written; the door it opens. */
async function letterOf(address: string): Promise<string> {
  const contactId = (await contactsByAddress(base.db, [address])).get(address) ?? ''
  const events = await many<Event>(
    base.db,
    sql`select contact_id as "contactId", id, type, at, data from activity.event
      where contact_id = ${contactId}::bigint and type = 'consent.pending'`,
  )
  await sendConfirmations(base.db, town.services, events, town.services.clock.now())
  const { messageId } = await one<{ messageId: string }>(
    base.db,
    sql`select id as "messageId" from outreach.opt_in where contact_id = ${contactId}::bigint`,
  )
  return `${town.streetUrl}/confirm/${makeToken(town.services.secrets, 'confirm', { contactId, messageId })}`
}

const confirm = (url: string, body: Record<string, string>) =>
  fetch(url, { method: 'POST', body: new URLSearchParams(body), redirect: 'manual' })
const cookieOf = (answer: Response) => answer.headers.getSetCookie()[0]?.split(';')[0] ?? null
const asksFor = (html: string) =>
  ['email', 'first_name', 'job'].filter(name => html.includes(`name="${name}"`))
const look = async (url: string, headers: Record<string, string> = {}) =>
  (await fetch(url, { headers })).text()

test('whoever confirmed from his mailbox and asked for it is asked the next thing, and never shown what is known', async () => {
  const form = await asking()
  const sent = await fillIn(form.url, { email: 'rosa@back.example', first_name: 'Rosalinde', news: 'true' })
  assert.equal(sent.status, 200)
  const letter = await letterOf('rosa@back.example')
  assert.match(await look(letter), /type="checkbox" name="remember" value="yes">/, 'nobody ticked it for him')
  const answer = await confirm(letter, { remember: 'yes' })
  assert.equal(answer.status, 200)
  const cookie = cookieOf(answer)
  assert.ok(cookie)
  assert.match(answer.headers.getSetCookie()[0] ?? '', /HttpOnly; SameSite=Lax/)
  const html = await look(form.url, { cookie })
  assert.deepEqual(asksFor(html), ['job'])
  assert.doesNotMatch(html, /Rosalinde|rosa@/)
  const stranger = await look(`${form.url}?email=rosa@back.example`)
  assert.deepEqual(asksFor(stranger).slice(0, 1), ['email'], 'a browser of the same address is a stranger')
  assert.doesNotMatch(stranger, /Rosalinde/)
  await fillIn(form.url, { job: 'Gardener' }, html, { cookie })
  const { job } = await one<{ job: string }>(
    base.db,
    sql`select job_title as job from audience.contact c join audience.identity i on i.contact_id = c.id
      where i.value = 'rosa@back.example'`,
  )
  assert.equal(job, 'Gardener', 'it speaks for its contact without naming an address')
})

test('no cookie without the tick, none for an old link, and leaving takes it away', async () => {
  const form = await asking()
  await fillIn(form.url, { email: 'tom@back.example', news: 'true' })
  const letter = await letterOf('tom@back.example')
  assert.equal(cookieOf(await confirm(`${letter.slice(0, -2)}AA`, { remember: 'yes' })), null)
  assert.equal(cookieOf(await confirm(letter, {})), null)
  const contactId = (await contactsByAddress(base.db, ['tom@back.example'])).get('tom@back.example') ?? ''
  const leave = makeToken(town.services.secrets, 'unsubscribe', { contactId, messageId: '1' })
  const gone = await confirm(`${town.streetUrl}/u/${leave}`, { do: 'leave' })
  assert.match(gone.headers.getSetCookie()[0] ?? '', /^tend_me=; .*Max-Age=0/)
})
