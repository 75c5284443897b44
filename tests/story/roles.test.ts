import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { after, before, test } from 'node:test'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { codeAt, stepOf } from '#access/totp.ts'
import { openBrowser } from '../harness/browser.ts'
import { type Product, startProduct } from '../harness/product.ts'
import { until } from '../harness/until.ts'

// A team as it forms: the owner asks somebody in, she comes with a browser of her own, protects her account, and
// sees what her role may and no more.

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const password = 'a lantern in the harbour'
let product: Product
let browser: Browser
let owner: Page
let guest: BrowserContext
let ann: Page
let secret = ''

before(async () => {
  product = await startProduct()
  browser = await openBrowser()
  owner = await browser.newPage({ viewport: { width: 1360, height: 850 } })
  await owner.goto(product.signInLink)
  await owner.getByRole('button', { name: 'Sign in with this link' }).click()
  await owner.getByRole('heading', { name: /^Hello/ }).waitFor()
  guest = await browser.newContext({ viewport: { width: 1360, height: 850 } })
  ann = await guest.newPage()
  for (const page of [owner, ann]) page.setDefaultTimeout(10_000)
})
after(async () => {
  await browser?.close()
  await product?.stop()
})

type Violation = { id: string; impact?: string | null; nodes: { html: string }[] }

async function seriousFindings(page: Page): Promise<string[]> {
  await until(async () => (await page.locator('[aria-busy="true"]').count()) === 0, { words: page.url() })
  await page.evaluate(
    'Promise.all(document.getAnimations().map(animation => animation.finished.catch(() => undefined))).then(() => null)',
  )
  await page.evaluate(axe)
  const found = (await page.evaluate(
    'axe.run(document, { resultTypes: ["violations"], iframes: false }).then(result => result.violations)',
  )) as Violation[]
  return found
    .filter(one => ['serious', 'critical'].includes(one.impact ?? ''))
    .map(one => `${page.url()} ${one.id}: ${one.nodes[0]?.html.slice(0, 160)}`)
}

test('the owner invites somebody, and the link is shown once', async () => {
  await owner.goto(`${product.officeUrl}/settings/team`)
  await owner.getByRole('button', { name: 'Invite somebody' }).click()
  await owner.getByLabel('Address').fill('ann@example.org')
  await owner.getByRole('combobox', { name: 'Role', exact: true }).click()
  await owner.getByRole('option', { name: 'analyst' }).click()
  await owner.getByRole('button', { name: 'Send the invitation' }).click()
  const link = await owner.getByText(/\/sign-in\?invitation=/).innerText()
  await owner.getByRole('button', { name: 'I have it' }).click()
  await owner.getByRole('tab', { name: 'Invitations' }).click()
  await owner.getByRole('cell', { name: 'ann@example.org' }).waitFor()
  assert.deepEqual(await seriousFindings(owner), [])
  await ann.goto(link)
})

test('she joins with a name and a password, and sees what an analyst may', async () => {
  await ann.getByText('You will sign in as').waitFor()
  assert.deepEqual(await seriousFindings(ann), [])
  await ann.getByLabel('Your name').fill('Ann Example')
  await ann.getByRole('textbox', { name: 'New password' }).fill(password)
  await ann.getByRole('button', { name: 'Join the team' }).click()
  await ann.getByRole('heading', { name: /^Hello/ }).waitFor()
  await ann.goto(`${product.officeUrl}/settings/team`)
  await ann.getByText('Ann Example (you)').waitFor()
  assert.ok(await ann.getByRole('button', { name: 'Invite somebody' }).isDisabled())
  assert.equal(await ann.getByRole('tab', { name: 'Invitations' }).count(), 0)
  await ann.goto(`${product.officeUrl}/settings/audit`)
  await ann.getByText('Only owners and admins read the audit.').waitFor()
  const refused = await ann.evaluate(() => fetch('/api/v1/api-keys').then(answer => answer.status))
  assert.equal(refused, 403, 'what the screen hides the server refuses')
})

test('she sets up an authenticator app, and from then on signing in takes its code', async () => {
  await ann.goto(`${product.officeUrl}/settings/account`)
  await ann.getByRole('button', { name: 'Set up an app' }).click()
  await ann.getByRole('img', { name: /QR code/ }).waitFor()
  assert.deepEqual(await seriousFindings(ann), [])
  secret = await ann.locator('code').first().innerText()
  await ann.getByLabel(/The code that the app shows/).fill(codeAt(secret, stepOf(new Date()) - 1))
  await ann.getByRole('button', { name: 'Turn it on' }).click()
  await ann.getByText('Your recovery codes').waitFor()
  assert.equal(await ann.locator('code').count(), 10)
  await ann.getByRole('button', { name: 'I have them' }).click()
  await ann.getByText('10 recovery codes are left').waitFor()
  await ann.getByRole('button', { name: /^Signed in as/ }).click()
  await ann.getByRole('menuitem', { name: 'Sign out' }).click()
  await ann.getByRole('heading', { name: 'Sign in to Tend' }).waitFor()
  await ann.getByLabel('Address').fill('ann@example.org')
  await ann.getByRole('textbox', { name: 'Password' }).fill(password)
  await ann.getByRole('button', { name: 'Sign in', exact: true }).click()
  await ann.getByRole('heading', { name: 'One more step' }).waitFor()
  await ann.getByLabel('Code of your authenticator app').fill(codeAt(secret, stepOf(new Date())))
  await ann.getByRole('button', { name: 'Go on' }).click()
  await ann.getByRole('heading', { name: /^Hello/ }).waitFor()
})

test('the owner makes a key for one purpose, and reads in the audit who did what', async () => {
  await owner.goto(`${product.officeUrl}/settings/keys?create=yes`)
  await owner.getByLabel('Name').fill('Nightly report')
  await owner.getByRole('switch', { name: 'Only some of what the role may' }).click()
  await owner.getByRole('checkbox', { name: 'segments.read' }).check()
  assert.deepEqual(await seriousFindings(owner), [])
  await owner.getByRole('button', { name: 'Create key' }).click()
  const key = await owner.getByText(/^tend_[a-z0-9]{12}_/).innerText()
  const ask = (path: string) =>
    fetch(`${product.officeUrl}/api/v1/${path}`, { headers: { authorization: `Bearer ${key}` } })
  assert.equal((await ask('segments')).status, 200)
  assert.equal((await ask('contacts')).status, 403)
  await owner.getByRole('button', { name: 'I have it' }).click()
  await owner.goto(`${product.officeUrl}/settings/audit`)
  await owner.getByText('keys.create').first().waitFor()
  await owner.getByText('access.second-factor.on').waitFor()
  await owner.getByRole('button', { name: 'Check the chain' }).click()
  await owner.getByText('The chain is unbroken.').waitFor()
  assert.deepEqual(await seriousFindings(owner), [])
})

test('the owner closes her account, and she is out at once', async () => {
  await owner.goto(`${product.officeUrl}/settings/team`)
  await owner.getByRole('button', { name: 'What can be done about Ann Example' }).click()
  await owner.getByRole('menuitem', { name: 'Close the account' }).click()
  await owner.getByRole('button', { name: 'Close the account' }).click()
  await owner.getByText('Ann Example cannot sign in any more.').waitFor()
  await ann.reload()
  await ann.getByRole('heading', { name: 'Sign in to Tend' }).waitFor()
})

test('the chain is verified from the command line, and a row that was touched up is named', async () => {
  assert.match(await product.tend('audit', 'verify'), /^The audit is sound: all \d+ rows fit their chain\.$/)
})
