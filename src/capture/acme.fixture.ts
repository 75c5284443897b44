import { createHash, randomBytes, webcrypto } from 'node:crypto'
import { createServer, get, type IncomingMessage, type ServerResponse } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'

// The library that acme-client itself writes certificates with.
const x509 = createRequire(createRequire(import.meta.url).resolve('acme-client'))('@peculiar/x509')

export type Authority = {
  directory: string
  orders: number
  refuse: boolean
  days: number
  close(): Promise<void>
}

const text = (value: unknown) => Buffer.from(String(value), 'base64url').toString('utf8')

/**
 * A small certificate authority (RFC 8555): one account, http-01 alone, asked at this port of this machine under the
 * name that is ordered. It checks the answer to its question, not the signatures of the requests.
 */
export async function startAuthority(streetPort: number): Promise<Authority> {
  const keys = await webcrypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, [
    'sign',
    'verify',
  ])
  const algorithm = { name: 'ECDSA', hash: 'SHA-256', namedCurve: 'P-256' }
  const state = { host: '', token: '', valid: false, thumbprint: '', certificate: '' }
  const authority: Authority = {
    directory: '',
    orders: 0,
    refuse: false,
    days: 90,
    close: async () => undefined,
  }

  async function sign(csr: string): Promise<string> {
    const request = new x509.Pkcs10CertificateRequest(Buffer.from(csr, 'base64url'))
    const made = await x509.X509CertificateGenerator.create({
      serialNumber: randomBytes(8).toString('hex'),
      subject: `CN=${state.host}`,
      issuer: 'CN=Test authority',
      notBefore: new Date(Date.now() - 60_000),
      notAfter: new Date(Date.now() + authority.days * 86_400_000),
      signingAlgorithm: algorithm,
      publicKey: await request.publicKey.export(),
      signingKey: keys.privateKey,
      extensions: [new x509.SubjectAlternativeNameExtension([{ type: 'dns', value: state.host }])],
    })
    return made.toString('pem')
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const jws = chunks.length > 0 ? JSON.parse(Buffer.concat(chunks).toString()) : {}
    const payload = jws.payload ? JSON.parse(text(jws.payload)) : {}
    const base = authority.directory.replace('/directory', '')
    const order = () => ({
      status: state.certificate ? 'valid' : state.valid ? 'ready' : 'pending',
      identifiers: [{ type: 'dns', value: state.host }],
      authorizations: [`${base}/authz`],
      finalize: `${base}/finalize`,
      ...(state.certificate ? { certificate: `${base}/certificate` } : {}),
    })
    const challenge = () => ({
      type: 'http-01',
      url: `${base}/challenge`,
      token: state.token,
      status: state.valid ? 'valid' : 'pending',
    })
    const send = (status: number, body: unknown, headers: Record<string, string> = {}) => {
      response.writeHead(status, {
        'replay-nonce': randomBytes(12).toString('base64url'),
        'content-type': 'application/json',
        ...headers,
      })
      response.end(typeof body === 'string' ? body : JSON.stringify(body))
    }
    switch (request.url) {
      case '/directory':
        return send(200, {
          newNonce: `${base}/nonce`,
          newAccount: `${base}/account`,
          newOrder: `${base}/order`,
        })
      case '/nonce':
        return send(200, '')
      case '/account': {
        const { jwk } = JSON.parse(text(jws.protected))
        const { crv, kty, x, y } = jwk
        state.thumbprint = createHash('sha256').update(JSON.stringify({ crv, kty, x, y })).digest('base64url')
        return send(201, { status: 'valid' }, { location: `${base}/account/1` })
      }
      case '/order':
        authority.orders++
        if (authority.refuse)
          return send(403, { type: 'urn:ietf:params:acme:error:rejectedIdentifier', detail: 'not this name' })
        Object.assign(state, {
          host: payload.identifiers[0].value,
          token: randomBytes(16).toString('base64url'),
          valid: false,
          certificate: '',
        })
        return send(201, order(), { location: `${base}/order/1` })
      case '/order/1':
        return send(200, order())
      case '/authz':
        return send(200, {
          status: state.valid ? 'valid' : 'pending',
          identifier: { type: 'dns', value: state.host },
          challenges: [challenge()],
        })
      case '/challenge':
        state.valid =
          (await ask(streetPort, state.host, state.token)) === `${state.token}.${state.thumbprint}`
        return send(200, challenge())
      case '/finalize':
        state.certificate = await sign(payload.csr)
        return send(200, order(), { location: `${base}/order/1` })
      case '/certificate':
        return send(200, state.certificate, { 'content-type': 'application/pem-certificate-chain' })
      default:
        return send(404, {})
    }
  }

  const server = createServer((request, response) => {
    answer(request, response).catch(error => {
      response.writeHead(500).end(String(error))
    })
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  authority.directory = `http://127.0.0.1:${(server.address() as AddressInfo).port}/directory`
  authority.close = () =>
    new Promise(resolve => {
      server.close(() => resolve())
      server.closeAllConnections()
    })
  return authority
}

/** What the name answers to the authority's question. */
function ask(port: number, host: string, token: string): Promise<string> {
  return new Promise((resolve, reject) => {
    get(
      { host: '127.0.0.1', port, path: `/.well-known/acme-challenge/${token}`, headers: { host } },
      response => {
        let body = ''
        response.on('data', chunk => {
          body += chunk
        })
        response.on('end', () => resolve(body))
      },
    ).on('error', reject)
  })
}
