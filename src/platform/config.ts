import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { z } from 'zod'
import { AppError } from './errors.ts'

/** Everything that the operator decides before the program runs. Business settings live in the database. */
export type Config = Readonly<{
  mode: 'sandbox' | 'live'
  dataDir: string
  host: string
  officePort: number
  streetPort: number
  /** Public addresses without a trailing slash; links in mail are built from these and from nothing else. */
  officeUrl: string
  streetUrl: string
  databaseUrl: string | null
  smtpUrl: string | null
  bouncePort: number | null
  /** The domain of VERP return paths. */
  bounceDomain: string
  mailFrom: string
  demo: boolean
  /** IANA zone in which days begin and in which contacts without a zone live. */
  zone: string
  /** `host:port` pairs that outgoing requests may reach although they are not public addresses. */
  egressAllow: readonly string[]
  /** CIDR ranges of reverse proxies whose X-Forwarded-For is believed. */
  trustedProxies: readonly string[]
  /** An identity provider by which people can sign in as well. */
  oidc: Readonly<{
    issuer: string
    clientId: string
    clientSecret: string | null
    /** People of these domains get an account by themselves, in this role; others need an invitation. */
    allowedDomains: readonly string[]
    defaultRole: 'marketer' | 'analyst' | 'sales' | 'viewer'
  }> | null
  /** 32 bytes in base64; without it a key file is kept in the data folder. */
  secretKey: string | null
  /** Seals the key within backups, and opens it again. */
  backupPassphrase: string | null
  /** Metrics and health of this process without a key: for scrapers and probes, never for the world. */
  metricsPort: number | null
  /** Where the street answers by https for domains of pages, with certificates that we get; null: nowhere. */
  streetTlsPort: number | null
  /** The certificate authority (RFC 8555); null: something before us ends TLS. */
  acmeDirectory: string | null
  acmeEmail: string | null
  logLevel: string
}>

const port = z.coerce.number().int().min(0).max(65_535)
const address = z.url({ protocol: /^https?$/ }).transform(url => url.replace(/\/+$/, ''))
const flag = z
  .enum(['true', 'false', '1', '0', 'on', 'off'])
  .transform(word => ['true', '1', 'on'].includes(word))
const words = z.string().transform(text =>
  text
    .split(',')
    .map(word => word.trim())
    .filter(Boolean),
)
const zone = z.string().refine(isZone, 'is no IANA time zone, like Europe/Berlin')

const settings = {
  TEND_MODE: z.enum(['sandbox', 'live']).default('sandbox'),
  TEND_DATA_DIR: z.string().min(1).default('.data'),
  TEND_HOST: z.string().min(1).default('127.0.0.1'),
  TEND_OFFICE_PORT: port.default(3000),
  TEND_STREET_PORT: port.default(3001),
  TEND_OFFICE_URL: address.optional(),
  TEND_STREET_URL: address.optional(),
  DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/ }).optional(),
  TEND_SMTP_URL: z.url({ protocol: /^smtps?$/ }).optional(),
  TEND_BOUNCE_PORT: port.optional(),
  TEND_BOUNCE_DOMAIN: z.string().min(1).default('bounce.localhost'),
  TEND_MAIL_FROM: z.email().default('hello@tend.example'),
  TEND_DEMO: flag.optional(),
  TEND_ZONE: zone.default('UTC'),
  TEND_EGRESS_ALLOW: words.default([]),
  TEND_TRUSTED_PROXIES: words.default([]),
  // As it is given: a slash at its end is part of an issuer's name.
  TEND_OIDC_ISSUER: z.url({ protocol: /^https?$/ }).optional(),
  TEND_OIDC_CLIENT_ID: z.string().min(1).optional(),
  TEND_OIDC_CLIENT_SECRET: z.string().min(1).optional(),
  TEND_OIDC_ALLOWED_DOMAINS: words.default([]),
  TEND_OIDC_DEFAULT_ROLE: z.enum(['marketer', 'analyst', 'sales', 'viewer']).default('viewer'),
  TEND_SECRET_KEY: z
    .string()
    .refine(text => Buffer.from(text, 'base64').length === 32, 'must be 32 bytes in base64')
    .optional(),
  TEND_BACKUP_PASSPHRASE: z.string().min(12, 'must have at least 12 characters').optional(),
  TEND_METRICS_PORT: port.optional(),
  TEND_STREET_TLS_PORT: port.optional(),
  TEND_ACME_DIRECTORY: z.url({ protocol: /^https?$/ }).optional(),
  TEND_ACME_EMAIL: z.email().optional(),
  TEND_LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('warn'),
}
const known = new Set([...Object.keys(settings), 'TEND_CONFIG'])

function isZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name })
    return true
  } catch {
    return false
  }
}

/** A JSON file with the same names as the environment; the environment wins. */
function readFile(path: string | undefined): Record<string, string> {
  const file = path ?? (existsSync('tend.config.json') ? 'tend.config.json' : undefined)
  if (!file) return {}
  try {
    const parsed = z
      .record(z.string(), z.union([z.string(), z.number(), z.boolean()]))
      .parse(JSON.parse(readFileSync(file, 'utf8')))
    return Object.fromEntries(Object.entries(parsed).map(([name, value]) => [name, String(value)]))
  } catch (cause) {
    throw new AppError(
      'bad_config',
      `The configuration file ${file} cannot be read: it must be a JSON object of settings.`,
      { cause },
    )
  }
}

/** The known name that a mistyped one most resembles, by shared pairs of letters. */
function nearest(name: string): string {
  const pairs = (text: string) => new Set(Array.from(text.slice(1), (char, i) => `${text[i]}${char}`))
  const wanted = pairs(name)
  const score = (other: string) => [...pairs(other)].filter(pair => wanted.has(pair)).length
  return [...known].sort((a, b) => score(b) - score(a))[0] ?? ''
}

/**
 * Reads and checks the whole configuration once. Every problem is named in one error, and an unknown TEND_
 * name stops the start, because a setting that is silently ignored is how wrong mails are sent.
 */
export function readConfig(env: Record<string, string | undefined>): Config {
  const given = Object.fromEntries(
    Object.entries({ ...readFile(env.TEND_CONFIG), ...env }).filter(
      ([, value]) => value !== undefined && value !== '',
    ),
  )
  const problems = Object.keys(given)
    .filter(name => name.startsWith('TEND_') && !known.has(name))
    .map(name => `${name} is no setting of Tend. Did you mean ${nearest(name)}?`)
  const read = z.object(settings).safeParse(given)
  if (!read.success)
    problems.push(...read.error.issues.map(issue => `${issue.path.join('.')}: ${issue.message}`))
  if (problems.length > 0 || !read.success) throw new AppError('bad_config', problems.join('\n'))
  return compose(read.data)
}

function readOidc(value: z.infer<z.ZodObject<typeof settings>>): Config['oidc'] {
  if (!value.TEND_OIDC_ISSUER) return null
  if (!value.TEND_OIDC_CLIENT_ID)
    throw new AppError(
      'bad_config',
      'TEND_OIDC_CLIENT_ID is missing: the provider of TEND_OIDC_ISSUER gives it.',
    )
  return {
    issuer: value.TEND_OIDC_ISSUER,
    clientId: value.TEND_OIDC_CLIENT_ID,
    clientSecret: value.TEND_OIDC_CLIENT_SECRET ?? null,
    allowedDomains: value.TEND_OIDC_ALLOWED_DOMAINS.map(domain => domain.toLowerCase()),
    defaultRole: value.TEND_OIDC_DEFAULT_ROLE,
  }
}

function compose(value: z.infer<z.ZodObject<typeof settings>>): Config {
  const dataDir = resolve(value.TEND_DATA_DIR)
  const shown =
    value.TEND_HOST === '0.0.0.0' || value.TEND_HOST === '127.0.0.1' ? 'localhost' : value.TEND_HOST
  return Object.freeze({
    mode: value.TEND_MODE,
    dataDir,
    host: value.TEND_HOST,
    officePort: value.TEND_OFFICE_PORT,
    streetPort: value.TEND_STREET_PORT,
    officeUrl: value.TEND_OFFICE_URL ?? `http://${shown}:${value.TEND_OFFICE_PORT}`,
    streetUrl: value.TEND_STREET_URL ?? `http://${shown}:${value.TEND_STREET_PORT}`,
    databaseUrl: value.DATABASE_URL ?? null,
    smtpUrl: value.TEND_SMTP_URL ?? null,
    bouncePort: value.TEND_BOUNCE_PORT ?? null,
    bounceDomain: value.TEND_BOUNCE_DOMAIN,
    mailFrom: value.TEND_MAIL_FROM,
    demo: value.TEND_DEMO ?? value.TEND_MODE === 'sandbox',
    zone: value.TEND_ZONE,
    egressAllow: value.TEND_EGRESS_ALLOW,
    trustedProxies: value.TEND_TRUSTED_PROXIES,
    oidc: readOidc(value),
    secretKey: value.TEND_SECRET_KEY ?? null,
    backupPassphrase: value.TEND_BACKUP_PASSPHRASE ?? null,
    metricsPort: value.TEND_METRICS_PORT ?? null,
    streetTlsPort: value.TEND_STREET_TLS_PORT ?? null,
    acmeDirectory: value.TEND_ACME_DIRECTORY ?? null,
    acmeEmail: value.TEND_ACME_EMAIL ?? null,
    logLevel: value.TEND_LOG_LEVEL,
  })
}

/** Where the embedded server keeps its files. */
export function databaseFolder(config: Config): string {
  return join(config.dataDir, 'postgres')
}
