import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'

/** What the provider says of whoever signs in next. */
export type Claims = { sub: string; email?: string; email_verified?: boolean; name?: string }

/** A wrong turn that a hostile or broken provider takes with the next sign-in. */
export type Wrong = 'nonce' | 'signature' | 'audience' | 'issuer' | 'expired' | null

export type Provider = {
  issuer: string
  host: string
  person: Claims
  wrong: Wrong
  /** What a browser does at the provider: follows the address, signs in, and brings back the query. */
  visit(address: string): Promise<string>
  stop(): Promise<void>
}

const clientId = 'tend'
const clientSecret = 'a secret between two machines'
export const oidcClient = { clientId, clientSecret }

const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')

async function textOf(request: IncomingMessage): Promise<string> {
  let text = ''
  for await (const chunk of request) text += String(chunk)
  return text
}

type Grant = { challenge: string; nonce: string; redirect: string }

/** A real OpenID provider on a port of its own: discovery, code with PKCE, signed id tokens (RS256), key set. */
export async function startProvider(): Promise<Provider> {
  const keys = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const stranger = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
  const grants = new Map<string, Grant>()
  const state: Pick<Provider, 'person' | 'wrong'> = { person: { sub: 'nobody' }, wrong: null }

  const idToken = (issuer: string, grant: Grant): string => {
    const now = Math.floor(Date.now() / 1000)
    const claims = {
      iss: state.wrong === 'issuer' ? 'https://elsewhere.example' : issuer,
      aud: state.wrong === 'audience' ? 'another client' : clientId,
      iat: now - (state.wrong === 'expired' ? 7200 : 0),
      exp: now + (state.wrong === 'expired' ? -3600 : 300),
      nonce: state.wrong === 'nonce' ? 'another' : grant.nonce,
      ...state.person,
    }
    const text = `${part({ alg: 'RS256', kid: 'k1', typ: 'JWT' })}.${part(claims)}`
    const key: KeyObject = state.wrong === 'signature' ? stranger : keys.privateKey
    return `${text}.${sign('sha256', Buffer.from(text), key).toString('base64url')}`
  }

  const token = (issuer: string, authorization: string, form: URLSearchParams): [number, object] => {
    const grant = grants.get(form.get('code') ?? '')
    grants.delete(form.get('code') ?? '')
    const basic = Buffer.from(authorization.replace(/^Basic /, ''), 'base64').toString()
    const [id, secret = ''] = basic.split(':').map(word => decodeURIComponent(word.replaceAll('+', ' ')))
    const given = id === clientId ? secret : form.get('client_secret')
    const verifier = createHash('sha256')
      .update(form.get('code_verifier') ?? '')
      .digest('base64url')
    if (given !== clientSecret) return [401, { error: 'invalid_client' }]
    if (!grant || verifier !== grant.challenge || form.get('redirect_uri') !== grant.redirect)
      return [400, { error: 'invalid_grant' }]
    const access = randomBytes(16).toString('hex')
    return [200, { access_token: access, token_type: 'Bearer', id_token: idToken(issuer, grant) }]
  }

  const server = createServer(async (request, response) => {
    const { port } = server.address() as AddressInfo
    const issuer = `http://127.0.0.1:${port}`
    const url = new URL(request.url ?? '/', issuer)
    const answer = (status: number, body: object) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
    if (url.pathname === '/.well-known/openid-configuration')
      return answer(200, {
        issuer,
        authorization_endpoint: `${issuer}/authorize`,
        token_endpoint: `${issuer}/token`,
        jwks_uri: `${issuer}/keys`,
        response_types_supported: ['code'],
        subject_types_supported: ['public'],
        id_token_signing_alg_values_supported: ['RS256'],
        code_challenge_methods_supported: ['S256'],
      })
    if (url.pathname === '/keys')
      return answer(200, {
        keys: [{ ...keys.publicKey.export({ format: 'jwk' }), kid: 'k1', alg: 'RS256', use: 'sig' }],
      })
    if (url.pathname === '/token') {
      const form = new URLSearchParams(await textOf(request))
      return answer(...token(issuer, request.headers.authorization ?? '', form))
    }
    if (url.pathname !== '/authorize') return answer(404, {})
    const asked = (name: string) => url.searchParams.get(name) ?? ''
    const code = randomBytes(16).toString('hex')
    grants.set(code, {
      challenge: asked('code_challenge'),
      nonce: asked('nonce'),
      redirect: asked('redirect_uri'),
    })
    const back = new URL(asked('redirect_uri'))
    back.search = new URLSearchParams({ code, state: asked('state') }).toString()
    response.writeHead(302, { location: back.href }).end()
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return Object.assign(state, {
    issuer: `http://127.0.0.1:${port}`,
    host: `127.0.0.1:${port}`,
    async visit(address: string): Promise<string> {
      const answer = await fetch(address, { redirect: 'manual' })
      return new URL(answer.headers.get('location') ?? '').search
    },
    stop: () => new Promise<void>(resolve => server.close(() => resolve())),
  })
}
