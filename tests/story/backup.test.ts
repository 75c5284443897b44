import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { promisify } from 'node:util'
import type { Browser, Page } from 'playwright-core'
import { openBrowser } from '../harness/browser.ts'
import { type Product, startProduct } from '../harness/product.ts'
import { until } from '../harness/until.ts'

// A backup of a running installation, restored beside it as on another machine: it starts, shows that it is held,
// sends nothing, and goes on when somebody arms it.

const address = 'ida.backup@example.org'
const passphrase = 'three words and a number 7'
const folder = mkdtempSync(join(tmpdir(), 'tend-backup-story-'))
const file = join(folder, 'whole.backup')
const other = join(folder, 'other', 'data')
let original: Product
let copy: Product | undefined
let browser: Browser
let page: Page

before(async () => {
  chmodSync(folder, 0o755)
  original = await startProduct({ TEND_BACKUP_PASSPHRASE: passphrase })
  browser = await openBrowser()
  page = await (
    await browser.newContext({ viewport: { width: 1360, height: 850 }, reducedMotion: 'reduce' })
  ).newPage()
})
after(async () => {
  await browser?.close()
  await copy?.stop()
  await original?.stop()
  rmSync(folder, { recursive: true, force: true })
})

type Items<T> = { items: T[] }
const mails = (product: Product) =>
  product.api<Items<{ id: string }>>('GET', `/sandbox/mailbox?to=${address}`).then(found => found.items)

test('a backup is made while everything runs, and restored into a new data folder', async () => {
  const key = await original.tend('source', 'create', '--name', 'Site', '--type', 'server')
  const batch = [
    {
      type: 'identify',
      userId: 'ida',
      messageId: 'i1',
      traits: { email: address, firstName: 'Ida', marketing_consent: true },
    },
    {
      type: 'track',
      userId: 'ida',
      messageId: 'i2',
      event: 'Whitepaper Downloaded',
      properties: { title: 'Care' },
    },
  ]
  const sent = await fetch(`${original.streetUrl}/v1/batch`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      authorization: `Basic ${Buffer.from(`${key}:`).toString('base64')}`,
    },
    body: JSON.stringify({ batch }),
  })
  assert.equal(sent.status, 200)
  await until(
    async () => (await original.api<Items<object>>('GET', `/contacts?q=${address}`)).items.length === 1,
    { words: 'the contact' },
  )
  await original.api('POST', '/sandbox/clock', { advance: 'PT1H' })
  assert.match(await original.tend('backup', file), /rows, .* The secret key is in it, sealed/)

  const settings = { PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? '/', TEND_DATA_DIR: other }
  const command = ['--disable-warning=ExperimentalWarning', 'src/main.ts', 'restore', file]
  const root = new URL('../..', import.meta.url).pathname
  const run = (env: Record<string, string>) =>
    promisify(execFile)(process.execPath, command, { cwd: root, env: { ...settings, ...env } })
  await assert.rejects(run({}), /Set TEND_BACKUP_PASSPHRASE/)
  const { stdout } = await run({ TEND_BACKUP_PASSPHRASE: passphrase })
  assert.match(stdout, /Sending is held/)
  await assert.rejects(run({ TEND_BACKUP_PASSPHRASE: passphrase }), /is in use/)
})

test('the copy shows on its screens that it is held, and lets nothing happen by itself', async () => {
  copy = await startProduct({ TEND_DATA_DIR: other })
  const link = await copy.tend(
    'user',
    'create',
    '--name',
    'Rita Restore',
    '--email',
    'rita@example.org',
    '--role',
    'owner',
  )
  await page.goto(link)
  await page.getByRole('button', { name: /sign in/i }).click()
  const bar = page.getByRole('region', { name: 'Sending is held' })
  await bar.waitFor()
  assert.match((await bar.textContent()) ?? '', /restored from a backup/)
  await page.goto(`${copy.officeUrl}/contacts`)
  await bar.waitFor()
  await assert.rejects(copy.api('POST', '/sandbox/clock', { advance: 'P3D' }), /409/)
  assert.deepEqual(await mails(copy), [])
})

test('armed with its numbers in sight, it goes on where the backup was made', async () => {
  if (!copy) throw new Error('the copy did not start')
  await page.getByRole('button', { name: 'Arm ...' }).click()
  const dialog = page.getByRole('dialog', { name: 'Arm Tend' })
  await dialog.getByText('What waits now').waitFor()
  await dialog.getByRole('button', { name: 'Arm and go on' }).click()
  await page.getByRole('region', { name: 'Sending is held' }).waitFor({ state: 'detached' })
  await copy.api('POST', '/sandbox/clock', { advance: 'P3D' })
  assert.equal((await mails(copy)).length, 1, 'the follow-up that was waiting when the backup was made')
  assert.deepEqual(await mails(original), [], 'the original knows nothing of it')
})
