import assert from 'node:assert/strict'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { readConfig } from './config.ts'

test('with nothing given everything has a value, and no mail leaves', () => {
  const config = readConfig({})
  assert.equal(config.mode, 'sandbox')
  assert.equal(config.demo, true)
  assert.equal(config.smtpUrl, null)
  assert.equal(config.officeUrl, 'http://localhost:3000')
})

test('a live installation has no demo data unless asked', () => {
  assert.equal(readConfig({ TEND_MODE: 'live' }).demo, false)
})

test('a mistyped setting stops the start and names the one that was meant', () => {
  assert.throws(
    () => readConfig({ TEND_OFICE_PORT: '1' }),
    /TEND_OFICE_PORT is no setting of Tend. Did you mean TEND_OFFICE_PORT\?/,
  )
})

test('every wrong value is named in one error', () => {
  assert.throws(
    () =>
      readConfig({
        TEND_OFFICE_PORT: '70000',
        TEND_MODE: 'prod',
        DATABASE_URL: 'mysql://x',
        TEND_ZONE: 'Mars/Base',
      }),
    (error: Error) =>
      ['TEND_OFFICE_PORT', 'TEND_MODE', 'DATABASE_URL', 'TEND_ZONE'].every(name =>
        error.message.includes(name),
      ),
  )
})

test('a file gives what the environment does not', () => {
  const file = join(mkdtempSync(join(tmpdir(), 'tend-config-')), 'tend.json')
  writeFileSync(file, JSON.stringify({ TEND_OFFICE_PORT: 4000, TEND_STREET_PORT: 4001 }))
  const config = readConfig({ TEND_CONFIG: file, TEND_STREET_PORT: '5001' })
  assert.equal(config.officePort, 4000)
  assert.equal(config.streetPort, 5001)
})
