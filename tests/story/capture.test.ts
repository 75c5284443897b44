import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { openBrowser } from '../harness/browser.ts'
import { type Product, startProduct } from '../harness/product.ts'
import { until } from '../harness/until.ts'

// A form in two languages that gives a file stands on a landing page; a stranger fills it in, a workflow starts, he
// confirms by his mailbox, comes back and is asked something new; and somebody else in the same house sees nothing of it.

const address = 'rosa.reader@visitors.example'
const pdf = Buffer.from('%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer << >>\n%%EOF\n')

type Items<T> = { items: T[] }
type Made = { id: string; version: number; key: string; url: string }

let product: Product
let browser: Browser
let office: Page
let visitor: BrowserContext
let form: Made
let pageUrl = ''
let contactId = ''

before(async () => {
  product = await startProduct()
  browser = await openBrowser()
  office = await browser.newPage({ viewport: { width: 1360, height: 900 }, reducedMotion: 'reduce' })
  office.setDefaultTimeout(20_000)
  await office.goto(product.signInLink)
  await office.getByRole('button', { name: 'Sign in with this link' }).click()
  await office.getByRole('heading', { name: /^Hello/ }).waitFor()
  visitor = await browser.newContext({ locale: 'de-DE' })
})
after(async () => {
  await browser?.close()
  await product?.stop()
})

async function steward(): Promise<{ ownerId: string; reviewOn: string }> {
  const { items } = await product.api<Items<{ id: string }>>('GET', '/users')
  const { now } = await product.api<{ now: string }>('GET', '/sandbox/clock')
  const reviewOn = new Date(Date.parse(now) + 90 * 86_400_000).toISOString().slice(0, 10)
  return { ownerId: items[0]?.id ?? '', reviewOn }
}

/** A form of two steps as the API takes it: what the builder makes of it in detail is told in forms.test.ts. */
async function drafted(): Promise<void> {
  const made = await product.api<Made & { document: Record<string, unknown> }>('POST', '/forms', {
    name: 'Guide',
  })
  const document = structuredClone(made.document) as {
    steps: { fields: Record<string, unknown>[] }[]
    abuse: Record<string, unknown>
    progressive: Record<string, unknown>
  }
  const [step] = document.steps
  const email = step?.fields[0]
  assert.ok(step && email)
  const job = { to: 'contact', field: 'job_title', merge: 'fill_if_empty' }
  const size = { minLength: 0, maxLength: 200, autocomplete: '' }
  email.always = false
  step.fields.push(
    { ...email, ...size, key: 'job', type: 'text', label: 'Your job', required: false, mapping: job },
    {
      key: 'news',
      type: 'consent',
      label: 'News',
      help: '',
      width: 'full',
      show: null,
      wording: 'Write to me about gardens.',
      purpose: 'marketing',
      topicId: null,
      doubleOptIn: true,
      required: false,
      requireWhen: null,
      error: '',
    },
  )
  document.progressive = { isOn: true, maxShown: 1, prefills: false }
  document.abuse = { ...document.abuse, minSeconds: 0 }
  form = await product.api<Made>('PATCH', `/forms/${made.id}`, { version: made.version, document })
}

/** An email with its reader's own link to a form that fills in what is known. */
async function letterWithLink(): Promise<string> {
  const made = await product.api<Made & { document: Record<string, unknown> }>('POST', '/forms', {
    name: 'Your details',
    document: {
      ...(await product.api<{ document: object }>('GET', `/forms/${form.id}`)).document,
      progressive: { isOn: false, maxShown: 4, prefills: true },
    },
  })
  const care = await steward()
  const live = { version: made.version, ...care }
  const { url } = await product.api<Made>('POST', `/forms/${made.id}/publish`, live)
  const email = await product.api<Made>('POST', '/emails', {
    name: 'Are these right?',
    draft: {
      subject: 'Are these right?',
      kind: 'html',
      source: `<p><a href="${url}?tend_t={{ visitor_token }}">Look at your details</a></p>`,
    },
  })
  await product.api('POST', `/emails/${email.id}/publish`, { version: email.version, ...care })
  return email.id
}

test('the form gets a second language and a file in return, and is published', async () => {
  await drafted()
  await office.goto(`${product.officeUrl}/forms/${form.id}?tab=languages`)
  await office.getByRole('combobox', { name: 'Add a language' }).click()
  await office.getByRole('option', { name: 'German', exact: true }).click()
  await office.getByText(/missing: shown in the main language/).waitFor()
  await office.getByLabel('Email address, label: Email address').fill('E-Mail-Adresse')
  await office.getByLabel('Button: Send').fill('Her damit')
  await office.getByLabel(/^News, consent:/).fill('Schreibt mir über Gärten.')
  await office.getByRole('tab', { name: 'After submitting' }).click()
  const [chooser] = await Promise.all([
    office.waitForEvent('filechooser'),
    office.getByRole('button', { name: 'Upload' }).click(),
  ])
  await chooser.setFiles({ name: 'guide.pdf', mimeType: 'application/pdf', buffer: pdf })
  await office
    .getByRole('combobox', { name: 'Give this file in return' })
    .and(office.locator('[value^="guide.pdf"]'))
    .waitFor()
  await office.getByText('Saved', { exact: true }).waitFor()
  await office.getByRole('button', { name: 'Publish' }).click()
  await office.getByRole('button', { name: 'Publish and take submissions' }).click()
  await office.getByRole('link', { name: 'Open its page' }).waitFor()
  form = await product.api<Made>('GET', `/forms/${form.id}`)
})

test('a page is made of a template with the form on it, a workflow waits for it, and both go live', async () => {
  const definition = {
    trigger: { event: 'form.submitted', name: 'Guide' },
    reentry: 'once',
    start: 'wait',
    nodes: {
      wait: { type: 'wait', settings: { for: { amount: 3, unit: 'days' } }, exits: { next: 'mail' } },
      mail: { type: 'send-email', settings: { emailId: await letterWithLink() }, exits: { next: null } },
    },
  }
  const workflow = await product.api<Made>('POST', '/workflows', { name: 'Guide follow-up', definition })
  const live = { version: workflow.version, ...(await steward()) }
  await product.api('POST', `/workflows/${workflow.id}/publish`, live)
  await office.goto(`${product.officeUrl}/pages?create=yes`)
  await office.getByRole('dialog').getByRole('textbox').fill('Garden guide')
  await office.getByRole('dialog').getByText('Demo request').click()
  await office.getByRole('dialog').getByRole('button', { name: 'Create page' }).click()
  await office.getByRole('heading', { name: 'Garden guide', level: 1 }).waitFor()
  await office.getByRole('button', { name: /^Ask for a demo ?Form$/ }).click()
  await office.getByRole('combobox', { name: 'Form', exact: true }).click()
  await office.getByRole('option', { name: /^Guide/ }).click()
  await office.getByText('Saved', { exact: true }).waitFor()
  await office.getByRole('button', { name: 'Publish' }).click()
  await office
    .getByRole('dialog')
    .getByRole('button', { name: /^Publish/ })
    .click()
  const link = office.getByRole('link', { name: /Open/ }).first()
  await link.waitFor()
  pageUrl = (await link.getAttribute('href')) ?? ''
  assert.match(pageUrl, /garden-guide/)
})

test('a stranger fills it in on the page, gets the file, and is in the workflow with proof of consent', async () => {
  const page = await visitor.newPage()
  page.setDefaultTimeout(20_000)
  await page.goto(pageUrl)
  await page.getByLabel(/Email address/).fill(address)
  await page.getByText('Write to me about gardens.').click()
  await page.getByRole('button', { name: 'Send' }).click()
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('link', { name: 'Download guide.pdf' }).click(),
  ])
  assert.equal(download.suggestedFilename(), 'guide.pdf')
  const found = await product.api<Items<{ id: string }>>('GET', `/contacts?q=${encodeURIComponent(address)}`)
  contactId = found.items[0]?.id ?? ''
  assert.ok(contactId)
  await until(
    async () => {
      const all = await product.api<Items<{ name: string }>>('GET', `/contacts/${contactId}/workflows`)
      return JSON.stringify(all).includes('Guide follow-up')
    },
    { words: 'the workflow to start' },
  )
  await office.goto(`${product.officeUrl}/contacts/${contactId}`)
  await office.getByText('guide.pdf').first().waitFor()
})

test('he confirms by his mailbox, is remembered as he wished, and is asked something new when he comes back', async () => {
  const mail = await until(
    async () =>
      (await product.api<Items<{ id: string }>>('GET', `/sandbox/mailbox?to=${encodeURIComponent(address)}`))
        .items[0],
    { words: 'the letter that asks', timeoutMs: 30_000 },
  )
  const { text } = await product.api<{ text: string }>('GET', `/sandbox/mailbox/${mail.id}`)
  const letter = /https?:\/\/\S+\/confirm\/\S+/.exec(text)?.[0] ?? ''
  const page = await visitor.newPage()
  page.setDefaultTimeout(20_000)
  await page.goto(letter)
  await page.getByRole('checkbox').check()
  await page.getByRole('button').first().click()
  await page.goto(`${form.url}?language=de`)
  await page.getByLabel('Your job').waitFor()
  assert.equal(await page.getByLabel(/E-Mail-Adresse/).count(), 0)
  assert.ok(!(await page.content()).includes(address), 'what is known is not shown')
  const other = await (await browser.newContext({ locale: 'de-DE' })).newPage()
  await other.goto(`${form.url}?language=de&email=${encodeURIComponent(address)}`)
  await other.getByLabel(/E-Mail-Adresse/).waitFor()
  assert.equal(await other.getByLabel(/E-Mail-Adresse/).inputValue(), '')
  await page.getByLabel('Your job').fill('Gardener')
  await page.getByRole('button', { name: 'Her damit' }).click()
  await page.getByRole('status').waitFor()
  const contact = await product.api<{ jobTitle: string | null }>('GET', `/contacts/${contactId}`)
  assert.equal(contact.jobTitle, 'Gardener')
  const { ledger } = await product.api<{ ledger: { state: string; proof: unknown }[] }>(
    'GET',
    `/contacts/${contactId}/consents`,
  )
  assert.match(JSON.stringify(ledger), /Write to me about gardens\./)
})

test('three days later a mail of his own leads him to a form that knows him, and whoever has no such mail sees nothing', async () => {
  await product.api('POST', '/sandbox/clock', { advance: 'P4D' })
  const mail = await until(
    async () =>
      (
        await product.api<Items<{ id: string; subject: string }>>(
          'GET',
          `/sandbox/mailbox?to=${encodeURIComponent(address)}`,
        )
      ).items.find(each => each.subject === 'Are these right?'),
    { words: 'the mail with his own link', timeoutMs: 30_000 },
  )
  const { html } = await product.api<{ html: string }>('GET', `/sandbox/mailbox/${mail.id}`)
  const link = /href="([^"]+)"[^>]*>Look at your details/.exec(html)?.[1]?.replace(/&(amp|#38);/g, '&') ?? ''
  assert.match(link, /\/c\//, 'a tracked link')
  const page = await (await browser.newContext()).newPage()
  page.setDefaultTimeout(20_000)
  await page.goto(link)
  assert.equal(await page.getByLabel(/Email address/).inputValue(), address)
  assert.equal(await page.getByLabel('Your job').inputValue(), 'Gardener')
  await page.getByLabel('Your job').fill('Head gardener')
  const bare = page.url().replace(/\?.*/, '')
  await page.getByRole('button', { name: 'Send' }).click()
  await page.getByRole('status').waitFor()
  const contact = await product.api<{ jobTitle: string | null }>('GET', `/contacts/${contactId}`)
  assert.equal(contact.jobTitle, 'Gardener', 'this field fills blanks only')
  await page.goto(bare)
  assert.equal(await page.getByLabel(/Email address/).inputValue(), '')
  const events = await product.api<unknown>('GET', `/contacts/${contactId}/timeline`)
  assert.ok(!JSON.stringify(events).includes('tend_t'), 'the link is kept nowhere')
})
