import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { contactsByAddress } from '#audience/by-address.ts'
import { visitorToken } from '#audience/recognition.ts'
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
      document.progressive = { isOn: true, maxShown: 1, prefills: false }
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

/** A known contact, a form that fills in what is known, and the reader's own link to it. */
async function ownLink(address: string, prefills: boolean) {
  const simple = await publishForm(town, whitePaper())
  await fillIn(simple.url, { email: address, first_name: 'Rosalinde' })
  const contactId = (await contactsByAddress(base.db, [address])).get(address) ?? ''
  const form = await publishForm(
    town,
    whitePaper(document => {
      document.progressive.prefills = prefills
    }),
  )
  const { secrets, clock } = town.services
  const token = visitorToken({ secrets }, contactId, clock.now())
  return { form, token, contactId, api: `${town.streetUrl}/v1/forms/${form.key}` }
}

test('the reader of a mail finds filled in what is known, nobody else does, and the link is kept nowhere', async () => {
  const { form, token, contactId, api } = await ownLink('lena@back.example', true)
  const mine = `${form.url}?tend_t=${token}`
  const html = await look(mine)
  assert.match(
    html,
    /name="email"[^>]*value="lena@back\.example"|value="lena@back\.example"[^>]*name="email"/,
  )
  assert.match(html, /Rosalinde/)
  const forged = `${token.slice(0, -1)}${token.endsWith('A') ? 'B' : 'A'}`
  for (const other of [form.url, `${form.url}?tend_t=${forged}`, `${form.url}?email=lena@back.example`])
    assert.doesNotMatch(await look(other), /Rosalinde|value="lena@back/)
  const shown = await look(`${api}?tend_t=${token}`)
  assert.match(shown, /"default":"Rosalinde"/)
  assert.doesNotMatch(await look(api), /Rosalinde/)
  const sent = await fillIn(mine, { first_name: 'Lena', email: 'lena@back.example' }, html)
  assert.equal(sent.status, 200)
  const kept = await one<{ url: string; contactId: string; recognised: boolean }>(
    base.db,
    sql`select origin ->> 'url' as url, contact_id::text as "contactId", recognised from capture.form_submission
      where form_id = ${form.id}::bigint`,
  )
  assert.deepEqual(kept, { url: form.url, contactId, recognised: true })
  const told = await one<{ n: number }>(
    base.db,
    sql`select count(*)::int as n from activity.event where data::text like '%tend_t%'`,
  )
  assert.equal(told.n, 0)
})

test('a form that does not fill in shows nothing by such a link, and a link is over after a month', async () => {
  const closed = await ownLink('mia@back.example', false)
  assert.doesNotMatch(await look(`${closed.form.url}?tend_t=${closed.token}`), /Rosalinde|mia@back/)
  const { form, contactId } = await ownLink('nora@back.example', true)
  const { secrets, clock } = town.services
  const old = visitorToken({ secrets }, contactId, new Date(clock.now().getTime() - 31 * 86_400_000))
  assert.doesNotMatch(await look(`${form.url}?tend_t=${old}`), /Rosalinde|nora@back/)
})
