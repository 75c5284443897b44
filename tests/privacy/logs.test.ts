import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { createLog } from '#platform/log.ts'
import { type Product, startProduct } from '../harness/product.ts'

let product: Product | undefined
after(() => product?.stop())

test('a line never holds an address or a value that the database quotes', () => {
  let lines = ''
  const log = createLog('trace', {
    write(line: string) {
      lines += line
    },
  })
  const failed = Object.assign(new Error('invalid input syntax for type bigint: "Ann Quill, +49 171 555"'), {
    code: '22P02',
    detail: 'Key (email)=(ann@log.example) already exists.',
    where: "unnamed portal parameter $1 = 'Ann Quill'",
    parameters: ['Ann Quill'],
  })
  log.error({ err: failed, email: 'ann@log.example' }, 'writing to ann@log.example failed')
  log.error({ err: new Error('batch', { cause: failed }), url: '/u?to=ann%40log.example' }, 'stumbled')
  log.warn({ person: { email: 'ann@log.example' }, note: '<ann+x@log.example>' }, 'plain')
  assert.doesNotMatch(lines, /log\.example|Quill|171 555/)
  assert.match(lines, /"code":"22P02"/)
  assert.match(lines, /"message":"batch"/)
  assert.match(lines, /logs\.test\.ts/)
  assert.equal(lines.trim().split('\n').length, 3)
})

test('a busy run with everything logged names nobody', { timeout: 180_000 }, async () => {
  product = await startProduct({ TEND_LOG_LEVEL: 'trace' })
  const email = 'busy.bee@log.example'
  const { id } = await product.api<{ id: string }>('POST', '/contacts', {
    email,
    lastName: 'Beeswax',
    phone: '+49 171 555 0300',
  })
  await assert.rejects(product.api('POST', '/contacts', { email }))
  await assert.rejects(product.api('GET', `/contacts?q=${encodeURIComponent(email)}&sort=nothing`))
  const key = await product.tend('source', 'create', '--name', 'Site', '--type', 'server')
  const calls = [
    {
      type: 'identify',
      userId: 'bee',
      messageId: 'b1',
      traits: { email, marketing_consent: true, lastName: 'Beeswax' },
    },
    { type: 'track', userId: 'bee', messageId: 'b2', event: 'Whitepaper Downloaded' },
    { type: 'track', messageId: 'b3', event: `no id, but ${email}` },
  ]
  const headers = { authorization: `Basic ${Buffer.from(`${key}:`).toString('base64')}` }
  for (const body of [JSON.stringify({ batch: calls }), `{"batch": "${email}"`, '{'])
    await fetch(`${product.streetUrl}/v1/batch`, { method: 'POST', headers, body })
  await product.api('POST', '/sandbox/clock', { advance: 'P4D' })
  await product.api('POST', `/contacts/${id}/consents`, { state: 'withdrawn' })
  await product.api('POST', `/contacts/${id}/erase`, {})
  const output = product.output()
  assert.doesNotMatch(output, /log\.example|Beeswax|555 0300/)
  assert.doesNotMatch(output, /[\w.+-]+@[\w-]+\.[a-z]{2,}/i)
})
