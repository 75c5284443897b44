import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { after, before, test } from 'node:test'
import { createTransport } from 'nodemailer'
import type { Browser, Page } from 'playwright-core'
import { openBrowser } from '../harness/browser.ts'
import { type Product, startProduct } from '../harness/product.ts'
import { type Sink, startSink } from '../harness/smtp-sink.ts'
import { until } from '../harness/until.ts'

// A person outside: asked to confirm, gets a mail, chooses what he wants without any script, leaves; and a mailbox that
// does not exist any more tells so by SMTP. All of it from outside, with a browser and a mail server.

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const address = 'bea.story@people.example'
const bouncePort = 20_000 + (process.pid % 20_000)

type List<T> = { items: T[] }
type Consents = {
  current: { topicId: string | null; state: string }[]
  ledger: { basis: string; proof: object }[]
}

let product: Product
let sink: Sink
let browser: Browser
let page: Page
let key: string
let contactId: string
let topics: { id: string; name: string }[]

before(async () => {
  sink = await startSink()
  product = await startProduct({
    TEND_SMTP_URL: sink.url,
    TEND_BOUNCE_PORT: String(bouncePort),
    TEND_DEMO: 'off',
  })
  browser = await openBrowser()
  const context = await browser.newContext({
    javaScriptEnabled: false,
    viewport: { width: 390, height: 844 },
  })
  page = await context.newPage()
  key = await product.tend('source', 'create', '--name', 'Shop', '--type', 'server')
})
after(async () => {
  await browser?.close()
  await product?.stop()
  await sink?.stop()
})

async function say(batch: object[]): Promise<void> {
  const answer = await fetch(`${product.streetUrl}/v1/batch`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Basic ${btoa(`${key}:`)}` },
    body: JSON.stringify({ batch }),
  })
  assert.equal(answer.status, 200)
}

/** The newest letter to the address, when there are `n` of them. */
async function letter(n: number): Promise<{ from: string; text: string }> {
  const got = await until(
    () => {
      const all = sink.letters.filter(each => each.to === address)
      return all.length >= n && all
    },
    { words: `${n} letters`, timeoutMs: 30_000 },
  )
  const last = got[n - 1]
  return {
    from: last?.from ?? '',
    text: (last?.raw.toString() ?? '').replace(/=\r\n/g, '').replaceAll('=3D', '='),
  }
}
const linkIn = (text: string, kind: string) =>
  new RegExp(`${product.streetUrl}/${kind}/[\\w-]{39}`).exec(text)?.[0] ?? ''
const consents = () => product.api<Consents>('GET', `/contacts/${contactId}/consents`)
const words = async () =>
  Object.fromEntries((await consents()).current.map(word => [word.topicId ?? 'all', word.state]))

async function seriousFindings(url: string): Promise<string[]> {
  const seeing = await browser.newPage()
  await seeing.goto(url)
  await seeing.evaluate(axe)
  const found = (await seeing.evaluate('axe.run().then(result => result.violations)')) as {
    id: string
    impact: string | null
  }[]
  await seeing.close()
  return found.filter(each => each.impact === 'serious' || each.impact === 'critical').map(each => each.id)
}

test('a wish becomes consent by the person’s own click, without scripts', async () => {
  const traits = { email: address, marketing_consent: 'double_opt_in', consent_text: 'Yes, news please' }
  await say([{ type: 'identify', userId: 'bea', messageId: 'i1', traits }])
  await say([{ type: 'identify', userId: 'bea', messageId: 'i2', traits }])
  const link = linkIn((await letter(1)).text, 'confirm')
  contactId = (await product.api<List<{ id: string }>>('GET', `/contacts?q=${address}`)).items[0]?.id ?? ''
  assert.deepEqual(await words(), { all: 'pending' })
  assert.deepEqual(await seriousFindings(link), [])
  await page.goto(link)
  await page.getByText('Yes, news please').waitFor()
  assert.deepEqual(await words(), { all: 'pending' }, 'looking changes nothing')
  await page.getByRole('button', { name: 'Yes, I want these emails' }).click()
  await page.getByRole('heading', { name: 'Thank you, that is confirmed' }).waitFor()
  assert.deepEqual(await words(), { all: 'granted' })
  assert.equal((await consents()).ledger[0]?.basis, 'double-opt-in')
  assert.equal(sink.letters.length, 1)
})

test('he chooses topics and how often in a mail’s preference centre, without scripts', async () => {
  topics = []
  for (const name of ['News', 'Tips'])
    topics.push(await product.api('POST', '/topics', { name, description: `All about ${name}` }))
  await publish()
  await say([{ type: 'track', userId: 'bea', messageId: 't1', event: 'Asked' }])
  const mail = await letter(2)
  const link = linkIn(mail.text, 'p')
  assert.deepEqual(await seriousFindings(link), [])
  await page.goto(link)
  await page.getByText('b•••@people.example').waitFor()
  await page.getByRole('checkbox', { name: /Tips/ }).uncheck()
  await page.getByRole('radio', { name: 'At most one a month' }).check()
  await page.getByRole('button', { name: 'Save' }).click()
  await page.getByRole('status').filter({ hasText: 'Saved' }).waitFor()
  assert.equal(await page.getByRole('checkbox', { name: /Tips/ }).isChecked(), false)
  assert.equal((await words())[topics[1]?.id ?? ''], 'withdrawn')
  const wish = await product.api<{ frequency: string }>('GET', `/contacts/${contactId}/preferences`)
  assert.equal(wish.frequency, 'monthly')
  await page.getByRole('button', { name: 'Ask for a copy of my data' }).click()
  await page.getByRole('status').filter({ hasText: 'We have your request' }).waitFor()
  assert.match((await letter(3)).text, /We have your request for your data/)
})

/** A workflow that sends an email to whoever asks, as an admin makes one. */
async function publish(): Promise<void> {
  const users = await product.api<List<{ id: string; role: string }>>('GET', '/users')
  const ownerId = users.items.find(user => user.role === 'owner')?.id ?? users.items[0]?.id
  const reviewOn = new Date(Date.now() + 60 * 86_400_000).toISOString().slice(0, 10)
  const source = '<html><body><p>Hello</p></body></html>'
  const email = await product.api<{ id: string; version: number }>('POST', '/emails', {
    name: 'Hello',
    draft: { subject: 'Hello', kind: 'html', source },
  })
  await product.api('POST', `/emails/${email.id}/publish`, { version: email.version, ownerId, reviewOn })
  const definition = {
    trigger: { event: 'event.tracked', name: 'Asked' },
    reentry: 'after_exit',
    start: 'send',
    nodes: { send: { type: 'send-email', settings: { emailId: email.id }, exits: { next: null } } },
  }
  const flow = await product.api<{ id: string; version: number }>('POST', '/workflows', {
    name: 'Answer',
    definition,
  })
  await product.api('POST', `/workflows/${flow.id}/publish`, {
    version: flow.version,
    ownerId,
    reviewOn,
    inside: 'stay',
  })
}

test('a bounce over SMTP stands on the contact’s message with the words of the other side', async () => {
  const mail = await letter(2)
  const transport = createTransport({ host: '127.0.0.1', port: bouncePort, secure: false, ignoreTLS: true })
  const raw = [
    'From: MAILER-DAEMON@mx.example.net',
    'Subject: Undelivered Mail Returned to Sender',
    'MIME-Version: 1.0',
    'Content-Type: multipart/report; report-type=delivery-status; boundary=b',
    '',
    '--b',
    'Content-Type: message/delivery-status',
    '',
    'Reporting-MTA: dns; mx.example.net',
    '',
    `Final-Recipient: rfc822; ${address}`,
    'Action: failed',
    'Status: 5.1.1',
    'Diagnostic-Code: smtp; 550 5.1.1 nobody of that name here',
    '--b--',
  ].join('\r\n')
  const envelope = (to: string) => ({ from: '', to: [to] })
  await assert.rejects(transport.sendMail({ envelope: envelope('somebody@else.example'), raw }), /550/)
  await transport.sendMail({ envelope: envelope(mail.from), raw })
  transport.close()
  const bounced = await until(async () => {
    const { items } = await product.api<List<{ bounce: string; words: string }>>(
      'GET',
      `/contacts/${contactId}/messages?came=bounced`,
    )
    return items[0]
  })
  assert.equal(bounced.words, 'Sent, then bounced for good: 550 5.1.1 nobody of that name here')
  const status = await product.api<{ week: { hard: number }; lastAt: string | null }>(
    'GET',
    '/returns/status',
  )
  assert.equal(status.week.hard, 1)
  assert.ok(status.lastAt)
})

test('he leaves with one button, is asked why once, and need not answer', async () => {
  const link = linkIn((await letter(2)).text, 'u')
  assert.deepEqual(await seriousFindings(link), [])
  await page.goto(link)
  await page.getByRole('link', { name: /Get less instead/ }).waitFor()
  await page.getByRole('button', { name: 'Unsubscribe' }).click()
  await page.getByRole('heading', { name: 'You are unsubscribed' }).waitFor()
  assert.equal((await words()).all, 'withdrawn')
  await page.getByRole('radio', { name: 'Too many emails' }).check()
  await page.getByRole('button', { name: 'Send' }).click()
  await page.getByText('Thank you for telling us').waitFor()
  const reasons = await product.api<List<{ reason: string; n: number }>>('GET', '/leaving-reasons')
  assert.deepEqual(reasons.items, [{ reason: 'too-many', n: 1 }])
})

test('the office shows what came back and what people can choose', async () => {
  const office = await browser.newPage({ viewport: { width: 1360, height: 850 } })
  await office.goto(product.signInLink)
  await office.getByRole('button', { name: 'Sign in with this link' }).click()
  await office.getByRole('heading', { name: /^Hello/ }).waitFor()
  await office.goto(`${product.officeUrl}/settings/consent`)
  await office.getByRole('button', { name: 'New topic' }).click()
  await office.getByRole('dialog').getByLabel('Name').fill('Events')
  await office.getByRole('button', { name: 'Add the topic' }).click()
  await office.getByRole('cell', { name: /Events/ }).waitFor()
  await office.getByText('Too many emails').waitFor()
  await office.goto(`${product.officeUrl}/settings/sending`)
  await office.getByRole('button', { name: 'Add a webhook' }).click()
  await office.getByRole('dialog').getByLabel('Name').fill('relay')
  await office.getByRole('dialog').getByRole('button', { name: 'Add the webhook' }).click()
  await office
    .getByText(/^whsec_/)
    .first()
    .waitFor()
  await office.getByRole('button', { name: 'I have it' }).click()
  await office.getByText('has not called yet').waitFor()
  await office.close()
})
