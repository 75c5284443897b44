import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { realTime } from '#access/real-time.ts'
import { inTransaction } from '#platform/db/db.ts'
import { AppError } from '#platform/errors.ts'
import type { Services } from '#platform/services.ts'
import { messageNamed } from './returns/addresses.ts'
import { classify } from './returns/classes.ts'
import { isSigned } from './returns/signature.ts'
import { noteCall, secretOf } from './returns/sources.ts'
import { type News, newsKinds, takeNews } from './returns.ts'

const short = z.string().max(300)

/** One piece of news in our own form: any provider's can be mapped to it in a few lines. */
const eventSchema = z.looseObject({
  type: z.enum(['bounce', 'complaint', 'delivered', 'delayed', 'auto-reply']),
  /** Our Message-ID or our return path: each names the message, and neither can be made up. */
  messageId: short.optional(),
  returnPath: short.optional(),
  /** What the provider calls it; a status or the words of the other side go before it. */
  bounce: z.enum(['hard', 'soft', 'block']).optional(),
  status: z
    .string()
    .regex(/^[245]\.\d{1,3}\.\d{1,3}$/)
    .nullish(),
  code: z.int().min(200).max(599).nullish(),
  words: z.string().max(4000).nullish(),
})
type Told = z.output<typeof eventSchema>

const most = 1000
const bodySchema = z.union([
  z.object({ events: z.array(z.unknown()).max(most) }).transform(body => body.events),
  z.array(z.unknown()).max(most),
  z.looseObject({ type: z.string() }).transform(event => [event as unknown]),
])

const maxBytes = 1024 * 1024

/**
 * `POST /v1/returns/<name>`: what a provider tells about bounces, complaints and deliveries. Signed, or 401. What it names
 * that was not sent from here is counted as unknown and answered with 200 all the same: no provider's retrying mends it.
 */
export async function returnsStreet(app: FastifyInstance, services: Services): Promise<void> {
  app.removeAllContentTypeParsers()
  // The very bytes are signed, whatever their type.
  app.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit: maxBytes }, (_request, body, done) =>
    done(null, body),
  )
  app.post<{ Params: { source: string } }>(
    '/v1/returns/:source',
    { schema: { hide: true } },
    async request => {
      const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0)
      const { source } = request.params
      const secret = await secretOf(services, source)
      const now = realTime()
      if (secret === null || !isSigned(secret, request.headers, body, now)) throw unsigned()
      await noteCall(services.db, source, now)
      return takeTold(services, source, readBody(body))
    },
  )
}

const unsigned = () =>
  new AppError('not_signed', 'This call is not signed with the secret of a webhook, or its time is over.', {
    status: 401,
  })

function readBody(body: Buffer): unknown[] {
  try {
    return bodySchema.parse(JSON.parse(body.toString('utf8')))
  } catch {
    throw new AppError(
      'bad_body',
      `The body is no JSON of the form {"events": [...]} with at most ${most} events.`,
    )
  }
}

type Answer = { taken: number; repeated: number; unknown: number; invalid: number }

async function takeTold(services: Services, source: string, told: unknown[]): Promise<Answer> {
  const read = told.map(event => eventSchema.safeParse(event))
  const valid = read.flatMap(result => (result.success ? [result.data] : []))
  const news = valid.flatMap(event => newsOf(services, source, event))
  const taken = news.length === 0 ? 0 : await inTransaction(services.db, trx => takeNews(trx, news))
  return {
    taken,
    repeated: news.length - taken,
    unknown: valid.length - news.length,
    invalid: read.length - valid.length,
  }
}

function newsOf({ secrets, config, clock }: Services, source: string, told: Told): News[] {
  const named = [told.messageId, told.returnPath].flatMap(id => id ?? [])
  const subject = named
    .map(id => messageNamed(secrets, config.bounceDomain, id))
    .find(found => found !== null)
  if (!subject) return []
  const words = tidy(told.words ?? '')
  const status = told.status ?? null
  const code = told.code ?? null
  return [
    {
      ...subject,
      kind: kindOf(told, { status, code, words }),
      status,
      words,
      code,
      source,
      at: clock.now(),
      late: true,
    },
  ]
}

function kindOf(
  told: Told,
  said: { status: string | null; code: number | null; words: string },
): News['kind'] {
  if (told.type !== 'bounce') return newsKinds.find(kind => kind === told.type) ?? 'delivered'
  return said.status === null && said.code === null && told.bounce ? told.bounce : classify(said)
}

const tidy = (text: string) =>
  text
    .replace(/[\p{Cc}\s]+/gu, ' ')
    .toWellFormed()
    .trim()
    .slice(0, 300)
