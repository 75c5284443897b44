import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { Analytics } from '@segment/analytics-node'
import { SMTPServer } from 'smtp-server'
import { type Product, startProduct } from '../harness/product.ts'
import { until } from '../harness/until.ts'

// The main job from end to end, from outside: a stranger looks at a page, downloads a paper, becomes a contact, gets
// the follow-up three days later, clicks, crosses the threshold, moves to the other workflow, looks at the pricing
// page, and sales hears of it.

const human = {
  'user-agent':
    'Mozilla/5.0 (X11; Linux x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36',
  accept: 'text/html',
}
const address = 'ann.story@example.org'

type Page<T> = { items: T[]; next: string | null }
type Contact = { id: string; email: string; firstName: string | null }
type Mail = { id: string; to: string; subject: string }
type Item = { type: string; name: string | null; sentence: string }

let product: Product
let analytics: Analytics
let smtp: SMTPServer
const delivered: { to: string[]; raw: string }[] = []

before(async () => {
  smtp = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    onData(stream, session, done) {
      const parts: Buffer[] = []
      stream.on('data', (part: Buffer) => parts.push(part))
      stream.on('end', () => {
        delivered.push({
          to: session.envelope.rcptTo.map(rcpt => rcpt.address),
          raw: Buffer.concat(parts).toString(),
        })
        done()
      })
    },
  })
  await new Promise<void>(resolve => smtp.listen(0, '127.0.0.1', resolve))
  const place = smtp.server.address()
  const port = typeof place === 'object' && place ? place.port : 0
  product = await startProduct({ TEND_SMTP_URL: `smtp://127.0.0.1:${port}` }, { first: true })
  const writeKey = await product.tend('source', 'create', '--name', 'Website', '--type', 'server')
  analytics = new Analytics({ writeKey, host: product.streetUrl, path: '/v1/batch', flushAt: 1 })
})

after(async () => {
  await analytics?.closeAndFlush()
  await product?.stop()
  await new Promise<void>(resolve => smtp.close(() => resolve()))
})

const contact = () => product.api<Page<Contact>>('GET', `/contacts?q=${address}`).then(page => page.items[0])
const timeline = async (id: string) =>
  (await product.api<Page<Item>>('GET', `/contacts/${id}/timeline?limit=100`)).items
const mailsTo = async (to: string) =>
  (await product.api<Page<Mail>>('GET', `/sandbox/mailbox?to=${encodeURIComponent(to)}`)).items

test('a stranger’s page views are his history once he says who he is', async () => {
  analytics.page({
    anonymousId: 'story-visitor',
    name: 'Blog',
    properties: { url: 'https://acme.example/blog', path: '/blog', title: 'Blog' },
  })
  await analytics.flush()
  analytics.identify({
    userId: 'ann-story',
    anonymousId: 'story-visitor',
    traits: { email: address, firstName: 'Ann', marketing_consent: true, company: { name: 'Story Works' } },
  })
  analytics.group({
    userId: 'ann-story',
    groupId: 'story-works',
    traits: { name: 'Story Works', industry: 'books' },
  })
  analytics.track({
    userId: 'ann-story',
    event: 'Whitepaper Downloaded',
    properties: { title: 'Considerate automation' },
  })
  await analytics.flush()
  const ann = await until(contact, { words: 'the contact' })
  assert.equal(ann.firstName, 'Ann')
  const story = await until(
    async () => {
      const items = await timeline(ann.id)
      return items.some(item => item.type === 'event.tracked') && items
    },
    { words: 'the events' },
  )
  assert.ok(story.some(item => item.type === 'page.viewed'))
  assert.ok(story.every(item => item.sentence.length > 0))
  const consents = await product.api<{ current: { state: string }[]; ledger: { source: string }[] }>(
    'GET',
    `/contacts/${ann.id}/consents`,
  )
  assert.equal(consents.current[0]?.state, 'granted')
  assert.ok(consents.ledger[0]?.source)
})

test('the follow-up comes three days later and not before', async () => {
  await product.api('POST', '/sandbox/clock', { advance: 'P2D' })
  assert.deepEqual(await mailsTo(address), [])
  await product.api('POST', '/sandbox/clock', { advance: 'P1D' })
  const mails = await mailsTo(address)
  assert.equal(mails.length, 1)
  const letter = delivered.find(one => one.to.includes(address))
  assert.ok(letter, 'the mail left by SMTP too')
  const head = letter.raw.slice(0, letter.raw.indexOf('\r\n\r\n')).replace(/\r\n[ \t]+/g, ' ')
  for (const wanted of [
    /^List-Unsubscribe: <http/m,
    /^List-Unsubscribe-Post: List-Unsubscribe=One-Click$/m,
    /^Message-ID: </im,
    /^Content-Type: multipart\/alternative/m,
  ])
    assert.match(head, wanted)
})

test('a scanner that follows every link changes nothing', async () => {
  const links = await linksOf()
  for (const link of links)
    await fetch(link, {
      redirect: 'manual',
      headers: { 'user-agent': 'Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)' },
    })
  const ann = await contact()
  const consents = await product.api<{ current: { state: string }[] }>('GET', `/contacts/${ann?.id}/consents`)
  assert.equal(consents.current[0]?.state, 'granted')
})

/** All addresses in the mail that lead to the street. */
async function linksOf(): Promise<string[]> {
  const [mail] = await mailsTo(address)
  const { html } = await product.api<{ html: string }>('GET', `/sandbox/mailbox/${mail?.id}`)
  return [
    ...new Set(
      [...html.matchAll(/href="(http[^"]+)"/g)]
        .map(found => (found[1] ?? '').replaceAll('&amp;', '&'))
        .filter(url => url.startsWith(product.streetUrl)),
    ),
  ]
}

test('a click crosses the threshold and moves her to the evaluation track', async () => {
  await product.api('POST', '/sandbox/clock', { advance: 'PT1H' })
  const links = await linksOf()
  const tracked = links.find(link => link.includes('/c/'))
  assert.ok(tracked)
  const answer = await fetch(tracked, { redirect: 'manual', headers: human })
  assert.equal(answer.status, 302)
  const ann = await contact()
  assert.ok(ann)
  const workflows = await until(
    async () => {
      const { items } = await product.api<Page<{ workflowName: string; status: string }>>(
        'GET',
        `/contacts/${ann.id}/workflows`,
      )
      return items.some(item => item.workflowName === 'Evaluation track') && items
    },
    { words: 'the move to the other workflow' },
  )
  assert.ok(workflows.some(item => item.workflowName === 'White paper follow-up'))
  const { items: scores } = await product.api<{ items: { score: number }[] }>(
    'GET',
    `/contacts/${ann.id}/scores`,
  )
  assert.ok((scores[0]?.score ?? 0) >= 49, `score ${scores[0]?.score}`)
})

test('a look at the pricing page alerts sales by mail and webhook', async () => {
  analytics.page({
    userId: 'ann-story',
    name: 'Pricing',
    properties: { url: 'https://acme.example/pricing/teams', path: '/pricing/teams', title: 'Pricing' },
  })
  await analytics.flush()
  const ann = await contact()
  await until(async () => (await timeline(ann?.id ?? '')).some(item => item.type === 'alert.sent'), {
    words: 'the alert',
  })
  assert.ok(delivered.some(one => /pricing|evaluat|Ann/i.test(one.raw) && !one.to.includes(address)))
})

test('every message tells why it was sent', async () => {
  const ann = await contact()
  const { items } = await product.api<Page<{ id: string; state: string }>>(
    'GET',
    `/contacts/${ann?.id}/messages`,
  )
  const sent = items.find(item => item.state === 'sent')
  assert.ok(sent)
  const why = await product.api<Record<string, unknown>>(
    'GET',
    `/contacts/${ann?.id}/messages/${sent.id}/why`,
  )
  assert.match(JSON.stringify(why), /Whitepaper Downloaded|White paper follow-up|pricing/i)
})

test('the one-click unsubscribe holds from the next message on', async () => {
  const letter = delivered.find(one => one.to.includes(address))
  const url =
    /^List-Unsubscribe: <(http[^>]+)>/m.exec((letter?.raw ?? '').replace(/\r\n[ \t]+/g, ' '))?.[1] ?? ''
  const page = await fetch(url, { headers: human })
  assert.equal(page.status, 200)
  const ann = await contact()
  const before = await product.api<{ current: { state: string }[] }>('GET', `/contacts/${ann?.id}/consents`)
  assert.equal(before.current[0]?.state, 'granted')
  const done = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: 'List-Unsubscribe=One-Click',
    redirect: 'manual',
  })
  assert.equal(done.status, 200)
  const afterwards = await product.api<{ current: { state: string }[] }>(
    'GET',
    `/contacts/${ann?.id}/consents`,
  )
  assert.equal(afterwards.current[0]?.state, 'withdrawn')
  analytics.identify({ userId: 'ann-story', traits: { email: address, marketing_consent: true } })
  await analytics.flush()
  const still = await product.api<{ current: { state: string }[] }>('GET', `/contacts/${ann?.id}/consents`)
  assert.equal(still.current[0]?.state, 'withdrawn')
})
