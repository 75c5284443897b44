import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { contactsByAddress } from '#audience/by-address.ts'
import { consentOf } from '#audience/consent.ts'
import { getContact } from '#audience/contacts.ts'
import { many, one, sql } from '#platform/db/db.ts'
import { type TestDatabase, testDatabase } from '../../tests/harness/database.ts'
import { fillIn, publishForm, textField, whitePaper } from './forms.fixture.ts'
import { startTown, type Town } from './pages.fixture.ts'

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

const contactOf = async (address: string) => {
  const id = (await contactsByAddress(base.db, [address])).get(address)
  assert.ok(id, `${address} is a contact`)
  return getContact(base.db, id)
}
const eventsOf = (formId: string) =>
  many<{ contactId: string; data: Record<string, unknown> }>(
    base.db,
    sql`select contact_id as "contactId", data from activity.event where type = 'form.submitted' and data ->> 'formId' = ${formId}`,
  )
const rowsOf = (formId: string) =>
  many<{ contactId: string; status: string; reasons: string[]; answers: Record<string, unknown> }>(
    base.db,
    sql`select contact_id as "contactId", status, reasons, answers from capture.form_submission
      where form_id = ${formId}::bigint order by id`,
  )

test('a stranger without a script becomes a contact, with proof of what was agreed to', async () => {
  const form = await publishForm(town, whitePaper())
  const page = `${form.url}?utm_source=letter&utm_campaign=spring`
  const empty = await fillIn(page, { _go: 'next' })
  assert.equal(empty.status, 422)
  assert.match(empty.html, /href="#tf-email"/)
  const wrong = await fillIn(form.url, { email: 'ann@', first_name: 'Ann "<b>' }, empty.html)
  assert.match(wrong.html, /value="Ann &#34;&#60;b&#62;"/, 'what was entered is kept, and is text')
  const done = await fillIn(
    form.url,
    { email: 'Ann@New.example', first_name: 'Ann', news: 'true' },
    wrong.html,
  )
  assert.equal(done.status, 200, done.html)
  assert.match(done.html, /We have got it/)
  const contact = await contactOf('ann@new.example')
  assert.equal(contact.firstName, 'Ann')
  const [event] = await eventsOf(form.id)
  assert.equal(event?.contactId, contact.id)
  assert.match(JSON.stringify(event?.data.utm), /"source":"letter"/)
  const { current, ledger } = await consentOf(base.db, contact.id)
  assert.deepEqual(
    current.map(word => word.state),
    ['granted'],
  )
  assert.equal(ledger[0]?.wording, 'Yes, write to me about <offers>.')
  assert.equal(ledger[0]?.proof.formVersion, 1)
  assert.match(String(ledger[0]?.proof.wordingVersion), /^[0-9a-f]{12}$/)
})

test('values that conditions hide are dropped, and duties they bring are asked again', async () => {
  const form = await publishForm(town, whitePaper())
  const missing = await fillIn(form.url, { email: 'cora@new.example', size: 'Large' })
  assert.equal(missing.status, 422, 'the team is to be named')
  await fillIn(form.url, { email: 'cora@new.example', size: 'small', team: 'smuggled' })
  const [row] = await rowsOf(form.id)
  assert.deepEqual(row?.answers, { email: 'cora@new.example', size: 'small', news: false })
})

test('whoever types the address of somebody fills blanks at most and is not told', async () => {
  const form = await publishForm(town, whitePaper())
  await fillIn(form.url, { email: 'victim@new.example', first_name: 'Vera', news: 'true' })
  const before = await contactOf('victim@new.example')
  const again = await fillIn(form.url, { email: 'victim@new.example', first_name: 'Mallory' })
  assert.equal(again.status, 200)
  assert.doesNotMatch(again.html, /Vera/)
  const contact = await contactOf('victim@new.example')
  assert.deepEqual([contact.id, contact.firstName], [before.id, 'Vera'])
  const page = await (await fetch(`${form.url}?email=victim@new.example`)).text()
  assert.doesNotMatch(page, /Vera|value="victim/)
})

test('sent twice is done once and answered twice alike', async () => {
  const form = await publishForm(town, whitePaper())
  const html = await (await fetch(form.url)).text()
  const answers = { email: 'dora@new.example' }
  const [one, two] = await Promise.all([fillIn(form.url, answers, html), fillIn(form.url, answers, html)])
  assert.deepEqual([one.status, two.status], [200, 200])
  assert.equal((await rowsOf(form.id)).length, 1)
  assert.equal((await eventsOf(form.id)).length, 1)
})

test('a form of several steps walks its way without a script, forth and back', async () => {
  const form = await publishForm(
    town,
    whitePaper(document => {
      document.steps[0]?.jumps.push({ when: { field: 'size', op: 'is', value: 'none' }, to: 'end' })
      document.steps.push({
        id: 'two',
        title: 'More',
        jumps: [],
        fields: [textField('job', { required: true })],
      })
    }),
  )
  const next = await fillIn(form.url, { email: 'eve@new.example', size: 'small', _go: 'next' })
  assert.match(next.html, /<h2>More<\/h2>/)
  const back = await fillIn(form.url, { _go: 'back' }, next.html)
  assert.match(back.html, /value="eve@new.example"/)
  const done = await fillIn(form.url, { job: 'CTO', _go: 'next' }, next.html)
  assert.match(done.html, /We have got it/)
  const [row] = await rowsOf(form.id)
  assert.equal(row?.answers.job, 'CTO')
})

test('programs are put aside, and so is a flood for one address', async () => {
  const form = await publishForm(
    town,
    whitePaper(document => {
      document.abuse.perAddressPerHour = 2
      document.steps[0]?.fields.push(textField('extra'))
    }),
  )
  const trapped = await fillIn(form.url, { email: 'bot@new.example', website_url: 'x' })
  assert.match(trapped.html, /We have got it/, 'it does not learn that it was seen')
  const statuses: number[] = []
  for (let i = 0; i < 24; i++)
    statuses.push((await fillIn(form.url, { email: 'flood@new.example', news: 'true' })).status)
  assert.deepEqual([...new Set(statuses)], [200, 429])
  const rows = await rowsOf(form.id)
  assert.deepEqual(rows[0]?.reasons, ['honeypot'])
  assert.equal(rows.filter(row => row.status === 'accepted').length, 2)
  const { n } = await one<{ n: number }>(
    base.db,
    sql`select count(*)::int as n from audience.identity where value = 'bot@new.example'`,
  )
  assert.equal(n, 0, 'nobody becomes a contact by a suspicion')
})
