import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { simpleParser } from 'mailparser'
import { many, sql } from '#platform/db/db.ts'
import { type Sink, startSink } from '../harness/smtp-sink.ts'
import { type Office, openOffice } from '../privacy/office.ts'

let sink: Sink
let office: Office
before(async () => {
  sink = await startSink({
    script: to => (to.startsWith('full') ? { rcpt: '552 5.2.2 mailbox full' } : {}),
  })
  office = await openOffice({
    TEND_MODE: 'live',
    TEND_SMTP_URL: sink.url,
    TEND_MAIL_FROM: 'office@tend.example',
  })
})
after(async () => {
  await office?.stop()
  await sink?.stop()
})

const ask = (email: string, more = {}) =>
  office.call('POST', '/invitations', { email, role: 'analyst', ...more })

/** Whether a link can still be taken up. */
async function opens(link: string): Promise<boolean> {
  const { statusCode } = await office.app.inject({
    method: 'POST',
    url: '/api/auth/invitation/look',
    headers: { origin: 'http://localhost:3000', 'content-type': 'application/json' },
    payload: { token: new URL(link).searchParams.get('invitation') },
  })
  return statusCode === 200
}

test('an invitation goes to its address by mail, with the link that is shown, and stays out of the ledger', async () => {
  const made = await ask('Nia@example.com')
  assert.equal(made.statusCode, 201, made.body)
  const { link, mail } = made.json()
  assert.deepEqual(mail, { sent: true, words: 'The mail server has taken it.' })
  const [letter] = sink.letters
  assert.deepEqual([letter?.to, letter?.from], ['nia@example.com', 'office@tend.example'])
  const { text, html, subject } = await simpleParser(letter?.raw ?? '')
  assert.match(subject ?? '', /invites you to Tend/)
  assert.ok(text?.includes(link) && String(html).includes(link))
  assert.ok(await opens(link))
  const token = new URL(link).searchParams.get('invitation')
  const kept = await many(
    office.base.db,
    sql`select from outreach.message where payload::text like ${`%${token}%`}`,
  )
  assert.deepEqual(kept, [])
})

test('sent again, it has another link, and the earlier one leads nowhere', async () => {
  const first = (await ask('tom@example.com')).json()
  const again = await office.call('POST', `/invitations/${first.id}/resend`)
  assert.equal(again.statusCode, 201, again.body)
  assert.equal(again.json().mail.sent, true)
  assert.deepEqual([await opens(first.link), await opens(again.json().link)], [false, true])
  assert.equal((await office.call('POST', `/invitations/${first.id}/resend`)).statusCode, 404, 'replaced')
  const { items } = (await office.call('GET', '/invitations')).json()
  assert.equal(items.filter((item: { email: string }) => item.email === 'tom@example.com').length, 1)
  assert.equal((await office.call('DELETE', `/invitations/${again.json().id}`)).statusCode, 200)
  assert.equal(await opens(again.json().link), false)
})

test('where no mail goes out, the link is there all the same, with the reason', async () => {
  const full = (await ask('full@example.com')).json()
  assert.equal(full.mail.sent, false)
  assert.match(full.mail.words, /mailbox full/)
  assert.ok(await opens(full.link))
  const before = sink.letters.length
  assert.equal((await ask('quiet@example.com', { mail: false })).json().mail, null)
  assert.equal(sink.letters.length, before)
})
