import helmet from '@fastify/helmet'
import type { FastifyInstance } from 'fastify'
import ipaddr from 'ipaddr.js'
import type { Config } from '../config.ts'
import { AppError } from '../errors.ts'

/** Half a year; only where we are reached by https, for it would lock people out elsewhere. */
const transport = 'max-age=15552000'

/** Headers of the office: nothing is loaded from elsewhere, nothing is evaluated, and nobody frames us. */
export async function protectOffice(app: FastifyInstance, config: Config): Promise<void> {
  const self = ["'self'"]
  requireOwnName(app, config)
  await app.register(helmet, {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: self,
        scriptSrc: self,
        scriptSrcAttr: ["'none'"],
        // Components set widths and colours as style attributes; no script can be one.
        styleSrc: ["'self'", "'unsafe-inline'"],
        // Images of pages stand on the street, written anew by us; the library shows them.
        imgSrc: ["'self'", 'data:', 'blob:', `${config.streetUrl}/media/`],
        connectSrc: self,
        frameSrc: [config.streetUrl],
        objectSrc: ["'none'"],
        baseUri: ["'none'"],
        formAction: self,
        frameAncestors: ["'none'"],
      },
    },
    strictTransportSecurity: false,
    crossOriginEmbedderPolicy: false,
    crossOriginOpenerPolicy: { policy: 'same-origin' },
    referrerPolicy: { policy: 'same-origin' },
  })
  app.addHook('onSend', async (_request, reply) => {
    reply.header('permissions-policy', 'camera=(), geolocation=(), microphone=(), payment=(), usb=()')
    if (config.officeUrl.startsWith('https:')) reply.header('strict-transport-security', transport)
  })
}

/**
 * Headers of the street where an answer brings none of its own: it is no page, and if a browser shows it as one,
 * nothing in it works. Pages of the street state what they need.
 */
export function protectStreet(app: FastifyInstance, config: Config): void {
  const floor: Record<string, string> = {
    'content-security-policy':
      "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'cross-origin-opener-policy': 'same-origin',
    ...(config.streetUrl.startsWith('https:') ? { 'strict-transport-security': transport } : {}),
  }
  app.addHook('onSend', async (_request, reply) => {
    for (const [name, value] of Object.entries(floor)) if (!reply.hasHeader(name)) reply.header(name, value)
  })
}

/**
 * Answers only under our own name. A page elsewhere can point a name of its own at this machine (DNS rebinding)
 * and would then count as our own origin. Numbers are not names and cannot be pointed anywhere.
 */
function requireOwnName(app: FastifyInstance, config: Config): void {
  const own = new Set([new URL(config.officeUrl).hostname, 'localhost'])
  app.addHook('onRequest', async request => {
    const name = request.hostname.replace(/^\[|\]$/g, '')
    if (own.has(name) || ipaddr.isValid(name) || /^\/(healthz|metrics)$/.test(request.url)) return
    throw new AppError(
      'unknown_host',
      'This is not the address of this office. TEND_OFFICE_URL says what it is.',
      { status: 421 },
    )
  })
}
