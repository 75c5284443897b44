import assert from 'node:assert/strict'
import dns from 'node:dns'
import { syncBuiltinESMExports } from 'node:module'
import { createServer, type Server } from 'node:net'
import { after, before, mock, test } from 'node:test'
import { createEgress } from '#platform/egress.ts'

// 64 addresses by which servers were talked into calling themselves, their neighbours and their cloud. A canary
// listens on every local address: not one connection may arrive.

let canary: Server
let port = 0
let connections = 0
let asked = 0
let resolved = 0

before(async () => {
  canary = createServer(socket => {
    connections++
    socket.destroy()
  })
  await new Promise<void>(resolve => canary.listen(0, '::', resolve))
  const address = canary.address()
  port = typeof address === 'object' && address ? address.port : 0
})
after(() => canary.close())

/** Names that a hostile resolver answers: `rebind` would be public if it were asked a second time. */
const names: Record<string, () => string[]> = {
  'local.evil.example': () => ['127.0.0.1'],
  'private.evil.example': () => ['10.0.0.7'],
  'mixed.evil.example': () => ['93.184.215.14', '127.0.0.1'],
  'six.evil.example': () => ['::1'],
  'mapped.evil.example': () => ['::ffff:127.0.0.1'],
  'metadata.evil.example': () => ['169.254.169.254'],
  'rebind.evil.example': () => [asked++ === 0 ? '127.0.0.1' : '93.184.215.14'],
  'nothing.evil.example': () => [],
}

const port4 = (host: string) => `http://${host}:PORT/`
const corpus: string[] = [
  // IPv4 in all its spellings
  ...[
    '127.0.0.1',
    '127.1',
    '127.0.1',
    '0177.0.0.1',
    '0x7f.0.0.1',
    '0x7f000001',
    '017700000001',
    '2130706433',
    '0',
    '0.0.0.0',
    '127.255.255.254',
    '0x7f.1',
  ].map(port4),
  // IPv6, and IPv4 within it
  ...[
    '[::1]',
    '[::]',
    '[0:0:0:0:0:0:0:1]',
    '[::ffff:127.0.0.1]',
    '[::ffff:7f00:1]',
    '[0:0:0:0:0:ffff:127.0.0.1]',
    '[::127.0.0.1]',
    '[64:ff9b::127.0.0.1]',
    '[64:ff9b::7f00:1]',
    '[2002:7f00:1::]',
    '[fe80::1]',
    '[fc00::1]',
    '[fd00:ec2::254]',
    '[ff02::1]',
  ].map(port4),
  // What clouds answer on
  'http://169.254.169.254/latest/meta-data/',
  'http://169.254.170.2/v2/credentials',
  'http://100.100.100.200/latest/meta-data/',
  'http://[fd00:ec2::254]/latest/meta-data/',
  'http://metadata.google.internal/computeMetadata/v1/',
  'http://192.0.0.192/latest/',
  'http://0xa9fea9fe/',
  'http://2852039166/',
  // Ranges that are not public
  ...[
    '10.0.0.1',
    '172.16.0.1',
    '192.168.1.1',
    '100.64.0.1',
    '192.0.2.1',
    '198.18.0.1',
    '224.0.0.1',
    '255.255.255.255',
  ].map(port4),
  // Doors that no web request has business with
  ...[22, 25, 465, 5432, 6379, 11211].map(number => `http://example.com:${number}/`),
  // Names
  'http://localhost:PORT/',
  'http://localhost.:PORT/',
  'http://a.localhost:PORT/',
  ...Object.keys(names).map(port4),
  // What parsers disagree about
  'http://example.com\\@127.0.0.1:PORT/',
  'http://example.com#@127.0.0.1:PORT/',
  'http://user@127.0.0.1:PORT/',
  'http://１２７.０.０.１:PORT/',
  'http:127.0.0.1:PORT/',
]

test('64 addresses lead nowhere', async () => {
  assert.equal(corpus.length, 64)
  const real = dns.lookup
  // Only the resolver is hostile; everything that judges and connects is the real thing.
  mock.method(dns, 'lookup', ((name: string, options: object, done: (...given: unknown[]) => void) => {
    const answer = names[name]
    if (!answer) return real(name, options as dns.LookupAllOptions, done as never)
    resolved++
    done(
      null,
      answer().map(address => ({ address, family: address.includes(':') ? 6 : 4 })),
    )
  }) as never)
  syncBuiltinESMExports()
  const egress = createEgress([])
  const reached: string[] = []
  for (const url of corpus.map(each => each.replaceAll('PORT', String(port)))) {
    const answer = await egress
      .fetch(url, { timeoutMs: 500 })
      .catch((error: Error & { code?: string }) => error)
    if (!(answer instanceof Error)) reached.push(`${url} answered ${answer.status}`)
  }
  assert.deepEqual(reached, [])
  assert.equal(connections, 0, 'the canary heard somebody')
  assert.equal(resolved, Object.keys(names).length, 'each hostile name was asked for once, and not again')
})

test('a redirect is an answer and never followed', async () => {
  const { createServer: createHttp } = await import('node:http')
  const hops = createHttp((_request, response) =>
    response.writeHead(302, { location: `http://127.0.0.1:${port}/` }).end(),
  )
  await new Promise<void>(resolve => hops.listen(0, '127.0.0.1', resolve))
  const address = hops.address()
  const own = typeof address === 'object' && address ? `127.0.0.1:${address.port}` : ''
  const { status } = await createEgress([own]).fetch(`http://${own}/`)
  hops.close()
  assert.deepEqual([status, connections], [302, 0])
})
