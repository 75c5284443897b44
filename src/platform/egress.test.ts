import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { after, before, test } from 'node:test'
import { createEgress } from './egress.ts'

let hits = 0
let port = 0
const canary = createServer((request, response) => {
  hits++
  if (request.url === '/big') return void response.end(Buffer.alloc(200_000))
  if (request.url === '/away')
    return void response.writeHead(302, { location: 'http://169.254.169.254/' }).end()
  response.end('hello')
})

before(async () => {
  await new Promise<void>(resolve => canary.listen(0, '0.0.0.0', resolve))
  const address = canary.address()
  port = typeof address === 'object' && address ? address.port : 0
})
after(() => canary.close())

const hosts = [
  '127.0.0.1',
  '127.1',
  '0177.0.0.1',
  '0x7f.0.0.1',
  '2130706433',
  '0x7f000001',
  '017700000001',
  '0.0.0.0',
  '0',
  'localhost',
  'localhost.',
  '[::1]',
  '[::]',
  '[::ffff:127.0.0.1]',
  '[::ffff:7f00:1]',
  '[0:0:0:0:0:ffff:127.0.0.1]',
  '[64:ff9b::7f00:1]',
  '[64:ff9b::127.0.0.1]',
  '[2002:7f00:1::]',
  '[fe80::1]',
  '[fc00::1]',
  '[fd00:ec2::254]',
  '[ff02::1]',
  '10.0.0.1',
  '172.16.0.1',
  '192.168.1.1',
  '169.254.169.254',
  '100.64.0.1',
  '100.100.100.200',
  '192.0.2.1',
  '198.18.0.1',
  '203.0.113.1',
  '224.0.0.1',
  '240.0.0.1',
  '255.255.255.255',
  '１２７.０.０.１',
  '127。0。0。1',
]

for (const host of hosts) {
  test(`nothing is sent to ${host}`, async () => {
    const egress = createEgress([])
    await assert.rejects(egress.fetch(`http://${host}:${port}/`), /public address|no web address/)
    assert.equal(hits, 0)
  })
}

test('mail and database ports, other schemes and credentials are refused', async () => {
  const egress = createEgress([])
  for (const url of [
    'http://example.com:25/',
    'http://example.com:5432/',
    'file:///etc/passwd',
    'gopher://example.com/',
    'http://user:pw@example.com/',
    'nonsense',
  ]) {
    await assert.rejects(egress.fetch(url), /egress|web address|Port|Only http/)
  }
})

test('an allowed address is reached, a redirect is an answer, and a long body is cut off', async () => {
  const egress = createEgress([`127.0.0.1:${port}`])
  assert.equal((await egress.fetch(`http://127.0.0.1:${port}/`)).body.toString(), 'hello')
  assert.equal((await egress.fetch(`http://127.0.0.1:${port}/away`)).status, 302)
  await assert.rejects(egress.fetch(`http://127.0.0.1:${port}/big`), /more than 65536 bytes/)
})
