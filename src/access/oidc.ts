import * as oidc from 'openid-client'
import type { Config } from '#platform/config.ts'
import type { Egress } from '#platform/egress.ts'
import { AppError } from '#platform/errors.ts'
import type { Services } from '#platform/services.ts'
import { hourMs, realTime } from './real-time.ts'

/** What a provider said about the person, after every check. */
export type Person = { subject: string; email: string | null; emailVerified: boolean; name: string | null }

export type OidcConfig = NonNullable<Config['oidc']>

/** The provider's requests leave by the one way out that all outgoing requests take. */
function fetchThrough(egress: Egress): oidc.CustomFetch {
  return async (url, options) => {
    const body = options.body instanceof URLSearchParams ? options.body.toString() : options.body
    const answer = await egress.fetch(url, {
      method: options.method === 'POST' ? 'POST' : 'GET',
      headers: options.headers,
      ...(typeof body === 'string' ? { body } : {}),
      maxBytes: 256 * 1024,
      timeoutMs: 10_000,
    })
    const headers = new Headers()
    for (const [name, value] of Object.entries(answer.headers))
      if (value !== undefined) headers.set(name, Array.isArray(value) ? value.join(', ') : value)
    return new Response(new Uint8Array(answer.body), { status: answer.status, headers })
  }
}

const found = new WeakMap<Services, { until: number; provider: Promise<oidc.Configuration> }>()

/** The provider as it describes itself, asked for once an hour; a failure is not remembered. */
function providerOf(services: Services, settings: OidcConfig): Promise<oidc.Configuration> {
  const known = found.get(services)
  if (known && known.until > realTime().getTime()) return known.provider
  const insecure = settings.issuer.startsWith('http:') ? [oidc.allowInsecureRequests] : []
  const provider = oidc.discovery(
    new URL(settings.issuer),
    settings.clientId,
    settings.clientSecret ?? undefined,
    undefined,
    {
      [oidc.customFetch]: fetchThrough(services.egress),
      execute: [...insecure, oidc.enableNonRepudiationChecks],
    },
  )
  found.set(services, { until: realTime().getTime() + hourMs, provider })
  provider.catch(() => found.delete(services))
  return provider
}

const unreachable = (services: Services, error: unknown): AppError => {
  services.log.warn({ part: 'sign-in', err: error }, 'the identity provider failed')
  return new AppError(
    'provider_failed',
    'Signing in there did not work. Try again, or ask an administrator.',
    {
      status: 502,
      cause: error,
    },
  )
}

/** Comes back to the sign-in page, whose script hands what it was given over by POST. */
const returnAddress = (config: Config): string => `${config.officeUrl}/sign-in`

export type Journey = { state: string; nonce: string; verifier: string }

/** Where to send the browser, and what must come back with it (state, nonce and PKCE verifier: RFC 9700). */
export async function beginJourney(
  services: Services,
  settings: OidcConfig,
): Promise<{ address: string; journey: Journey }> {
  try {
    const provider = await providerOf(services, settings)
    const journey = {
      state: oidc.randomState(),
      nonce: oidc.randomNonce(),
      verifier: oidc.randomPKCECodeVerifier(),
    }
    const address = oidc.buildAuthorizationUrl(provider, {
      redirect_uri: returnAddress(services.config),
      scope: 'openid email profile',
      state: journey.state,
      nonce: journey.nonce,
      code_challenge: await oidc.calculatePKCECodeChallenge(journey.verifier),
      code_challenge_method: 'S256',
    })
    return { address: address.href, journey }
  } catch (error) {
    throw unreachable(services, error)
  }
}

/** Trades the code that came back for who it is. Signature, issuer, audience, nonce and times are checked. */
export async function endJourney(
  services: Services,
  settings: OidcConfig,
  given: { search: string; journey: Journey },
): Promise<Person> {
  try {
    const provider = await providerOf(services, settings)
    const url = new URL(returnAddress(services.config))
    url.search = given.search
    const tokens = await oidc.authorizationCodeGrant(provider, url, {
      pkceCodeVerifier: given.journey.verifier,
      expectedState: given.journey.state,
      expectedNonce: given.journey.nonce,
      idTokenExpected: true,
    })
    const claims = tokens.claims()
    if (!claims) throw new Error('no claims')
    // Some providers tell the address only here; the subject must be the same.
    const more =
      claims.email === undefined && provider.serverMetadata().userinfo_endpoint
        ? await oidc.fetchUserInfo(provider, tokens.access_token, claims.sub)
        : {}
    return readPerson({ ...claims, ...more })
  } catch (error) {
    throw unreachable(services, error)
  }
}

function readPerson(claims: Record<string, unknown>): Person {
  const text = (name: string) =>
    typeof claims[name] === 'string' ? String(claims[name]).slice(0, 254) : null
  return {
    subject: text('sub') ?? '',
    email: text('email')?.trim().toLowerCase() ?? null,
    emailVerified: claims.email_verified === true,
    name: text('name')?.replaceAll('\0', '').slice(0, 120) ?? null,
  }
}
