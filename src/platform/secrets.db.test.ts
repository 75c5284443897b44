import assert from 'node:assert/strict'
import { mkdtempSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { type TestDatabase, testDatabase } from '../../tests/harness/database.ts'
import { readConfig } from './config.ts'
import { checkKey, createSecrets } from './secrets.ts'

const folder = () => mkdtempSync(join(tmpdir(), 'tend-secrets-'))
let base: TestDatabase
before(async () => {
  base = await testDatabase()
})
after(() => base.stop())

test('what is sealed opens again, also after a restart, and only with its own key', () => {
  const config = readConfig({ TEND_DATA_DIR: folder() })
  const sealed = createSecrets(config).encrypt('päss wörd')
  assert.equal(createSecrets(config).decrypt(sealed), 'päss wörd')
  assert.throws(
    () => createSecrets(readConfig({ TEND_DATA_DIR: folder() })).decrypt(sealed),
    /cannot be read/,
  )
  assert.equal(statSync(join(config.dataDir, 'secret.key')).mode & 0o777, 0o600)
})

test('a changed text is refused', () => {
  const secrets = createSecrets(readConfig({ TEND_DATA_DIR: folder() }))
  const sealed = secrets.encrypt('abc')
  assert.throws(() => secrets.decrypt(`${sealed.slice(0, -2)}zz`), /cannot be read/)
  assert.throws(() => secrets.decrypt('nonsense'), /cannot be read/)
})

test('a database filled with another key stops the start', async () => {
  await checkKey(base.db, createSecrets(readConfig({ TEND_DATA_DIR: folder() })))
  await assert.rejects(
    checkKey(base.db, createSecrets(readConfig({ TEND_DATA_DIR: folder() }))),
    /not the one this database was filled with/,
  )
})
