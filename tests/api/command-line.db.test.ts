import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { after, before, test } from 'node:test'
import { commands } from '../../src/commands.ts'
import { type Office, openOffice } from '../privacy/office.ts'

const secret = randomBytes(32).toString('base64')
let office: Office
before(async () => {
  office = await openOffice({ TEND_SECRET_KEY: secret })
})
after(() => office?.stop())

function tend(...words: string[]): Promise<{ code: number | null; out: string; err: string }> {
  return new Promise(resolve => {
    const child = spawn(
      process.execPath,
      ['--disable-warning=ExperimentalWarning', 'src/main.ts', ...words],
      {
        cwd: new URL('../..', import.meta.url).pathname,
        env: { PATH: process.env.PATH ?? '', DATABASE_URL: office.base.url, TEND_SECRET_KEY: secret },
      },
    )
    let [out, err] = ['', '']
    child.stdout.on('data', (part: Buffer) => {
      out += part.toString()
    })
    child.stderr.on('data', (part: Buffer) => {
      err += part.toString()
    })
    child.on('exit', code => resolve({ code, out, err }))
  })
}

test('help lists every command, tells about one, and does not know what there is not', async () => {
  const all = await tend('help')
  assert.equal(all.code, 0)
  for (const { usage } of commands) assert.ok(all.out.includes(usage), usage)
  const one = await tend('help', 'contact', 'erase')
  assert.deepEqual([one.code, one.out.includes('--yes'), one.out.includes('tend backup')], [0, true, false])
  assert.ok((await tend('help', 'contact')).out.includes('contact export'))
  assert.equal((await tend('help', 'nonsense')).code, 2)
  assert.equal((await tend('nonsense')).code, 2)
})

test('wrong options are 2, what fails is 1, and the reason is on the standard error', async () => {
  const wrong = await tend('contact', 'export', '--colour', 'red')
  assert.deepEqual([wrong.code, wrong.out], [2, ''])
  assert.match(wrong.err, /colour/)
  const nobody = await tend('contact', 'export', 'nobody@example.org')
  assert.deepEqual([nobody.code, nobody.out], [1, ''])
  assert.match(nobody.err, /Nobody here has this address/)
})

test('one person is exported and erased from the command line', async () => {
  const made = await office.call('POST', '/contacts', { email: 'line@example.org', firstName: 'Lina' })
  const exported = await tend('contact', 'export', 'Line@example.org')
  assert.equal(exported.code, 0, exported.err)
  assert.equal(JSON.parse(exported.out).about.id, made.json().id)
  const csv = await tend('contact', 'export', made.json().id, '--csv', 'audience.contact')
  assert.match(csv.out, /Lina/)
  const asked = await tend('contact', 'erase', 'line@example.org', '--json')
  assert.equal(asked.code, 1)
  assert.ok(JSON.parse(asked.out).total > 2 && JSON.parse(asked.out).erased === false)
  const erased = await tend('contact', 'erase', 'line@example.org', '--yes', '--json')
  assert.equal(erased.code, 0, erased.err)
  assert.equal((await tend('contact', 'erase', 'line@example.org', '--yes')).code, 1)
})

test('what a command makes comes as JSON where that is asked for, and as the one word that scripts need', async () => {
  const key = await tend('key', 'create', '--name', 'Script', '--role', 'viewer', '--json')
  assert.equal(key.code, 0, key.err)
  const { key: secretKey, ...about } = JSON.parse(key.out)
  assert.ok(secretKey.length > 30 && about)
  const source = await tend('source', 'create', '--json', '--name', 'Site', '--type', 'server')
  const made = JSON.parse(source.out)
  assert.deepEqual([made.source.name, made.source.type], ['Site', 'server'])
  const bare = await tend('source', 'create', '--name', 'Shop', '--type', 'server')
  assert.equal(bare.out.trim().length, made.writeKey.length)
})

test('the status comes in words and as JSON', async () => {
  const { code, out } = await tend('status', '--json')
  const told = JSON.parse(out)
  assert.equal(code, told.ok ? 0 : 1)
  assert.deepEqual(
    [typeof told.contacts, told.mode, Array.isArray(told.findings)],
    ['number', 'sandbox', true],
  )
  assert.match((await tend('status')).out, /contacts/)
})
