import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, test } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import { contactsByAddress } from '../src/audience/by-address.ts'
import { buildFormScript } from '../src/capture/form-script.street.ts'
import { publishForm, textField, whitePaper } from '../src/capture/forms.fixture.ts'
import { startTown, type Town } from '../src/capture/pages.fixture.ts'
import { openBrowser } from '../tests/harness/browser.ts'
import { type TestDatabase, testDatabase } from '../tests/harness/database.ts'
import { until } from '../tests/harness/until.ts'

// The form script on a page of another origin, under a policy that allows nothing but the street.

const budgetBytes = 12 * 1024
let base: TestDatabase
let town: Town
let site: Server
let siteUrl = ''
let body = ''
let browser: Browser

before(async () => {
  base = await testDatabase()
  town = await startTown(base)
  site = createServer((_request, reply) => {
    const { streetUrl } = town
    reply.writeHead(200, {
      'content-type': 'text/html',
      'content-security-policy': `default-src 'none'; script-src ${streetUrl}; connect-src ${streetUrl}; frame-src ${streetUrl}`,
    })
    reply.end(
      `<!doctype html><html lang="en"><title>Shop</title>${body}<script async src="${streetUrl}/forms.js"></script>`,
    )
  })
  site.listen(0, '127.0.0.1')
  await once(site, 'listening')
  siteUrl = `http://127.0.0.1:${(site.address() as AddressInfo).port}`
  browser = await openBrowser()
})
after(async () => {
  await browser?.close()
  site?.close()
  await town?.stop()
  await base?.stop()
})

const steps = () =>
  whitePaper(document => {
    document.abuse.proofOfWork = 'always'
    document.steps.push({
      id: 'more',
      title: 'A little more',
      jumps: [],
      fields: [
        textField('topic'),
        { ...textField('why'), show: { field: 'topic', op: 'is', value: 'other' } },
      ],
    })
  })

/** A page with these forms, and what its policy refused. */
async function openPage(html: string): Promise<{ page: Page; refused: string[] }> {
  body = html
  const page = await browser.newPage()
  page.setDefaultTimeout(20_000)
  const refused: string[] = []
  page.on('console', message => {
    if (/Content Security Policy/i.test(message.text())) refused.push(message.text())
  })
  page.on('pageerror', error => refused.push(error.message))
  await page.goto(siteUrl)
  return { page, refused }
}

test('a form is filled in step by step on a strict page of another origin, and its sender is a contact', async () => {
  const { key } = await publishForm(town, steps())
  const { page, refused } = await openPage(`<div data-tend-form="${key}"></div>`)
  await page.getByRole('button', { name: 'Next' }).click()
  const focused = 'document.activeElement?.shadowRoot?.activeElement?.getAttribute("aria-invalid")'
  await until(() => page.evaluate<unknown>(focused), { words: 'the first wrong field to have the focus' })
  await page.getByLabel(/address/i).fill('not an address')
  await page.getByRole('button', { name: 'Next' }).click()
  const topic = page.getByLabel('topic')
  await topic.fill('other')
  await page.getByLabel('why').fill('because')
  await topic.fill('news')
  await page.getByLabel('why').waitFor({ state: 'hidden' })
  await page.locator('form button:not(.back)').click()
  // The server refused the address: back on the first step, with the words of the server.
  await page.getByText('Please enter an email address').waitFor()
  await page.getByLabel(/address/i).fill('eve@embedded.example')
  await page.getByRole('button', { name: 'Next' }).click()
  await page.locator('form button:not(.back)').dblclick()
  await page.getByRole('status').waitFor()
  await until(async () => (await contactsByAddress(base.db, ['eve@embedded.example'])).size === 1)
  assert.deepEqual(refused, [])
  await page.close()
})

test('two forms stand on one page, and one inside a shadow root of the page', async () => {
  const { key } = await publishForm(town, steps())
  const { page } = await openPage(
    `<div data-tend-form="${key}"></div><div data-tend-form="${key}"></div><div id="own"></div>`,
  )
  await until(async () => (await page.getByRole('button', { name: 'Next' }).count()) === 2)
  await page.evaluate(`(() => {
    const inner = document.createElement('div')
    document.querySelector('#own').attachShadow({ mode: 'open' }).append(inner)
    return tendForms.render(inner, ${JSON.stringify(key)})
  })()`)
  await until(async () => (await page.getByRole('button', { name: 'Next' }).count()) === 3)
  await page.close()
})

test('a frame on a strict page of another origin is as high as its form, and heeds nobody else', async () => {
  const { key } = await publishForm(town, steps())
  const address = `${town.streetUrl}/forms/${key}?frame=1`
  const { page, refused } = await openPage(
    `<iframe data-tend-frame src="${address}" title="Form" height="90"></iframe><script async src="${town.streetUrl}/forms-frame.js"></script>`,
  )
  const heights = async () => {
    const [frame] = page.frames().filter(each => each.url().includes(key))
    const around = await page.evaluate<number>(`document.querySelector('iframe').clientHeight`)
    const inside = await frame?.evaluate<number>(
      `Math.ceil(document.documentElement.getBoundingClientRect().height)`,
    )
    return { around, inside }
  }
  const fits = async () => {
    const { around, inside } = await heights()
    return around > 90 && around === inside
  }
  await until(fits, { words: 'the frame to fit' })
  const before = await heights()
  await page.evaluate(`postMessage({ tendFrame: 4000 }, '*')`)
  await page.frameLocator('iframe').getByRole('button', { name: 'Next' }).click()
  await page.frameLocator('iframe').getByRole('alert').waitFor()
  await until(async () => (await fits()) && (await heights()).around > before.around, {
    words: 'the frame to grow with what is wrong',
  })
  assert.ok((await heights()).around < 4000)
  assert.deepEqual(refused, [])
  await page.close()
})

test('the script stays within its budget', () => {
  assert.ok(buildFormScript().gzip.length < budgetBytes, `${buildFormScript().gzip.length} bytes`)
})
