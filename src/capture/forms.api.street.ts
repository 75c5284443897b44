import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { visitorParameter } from '#audience/recognition.ts'
import { AppError, forbidden, invalid, notFound } from '#platform/errors.ts'
import type { Services } from '#platform/services.ts'
import { foreignNames, publicForm } from './forms/api.ts'
import { readPost } from './forms/body.ts'
import { fieldsOf } from './forms/definition.ts'
import { challengeFor, honeypot } from './forms/guard.ts'
import type { Raw } from './forms/kind.ts'
import { findLive, type Live, languageFor, prefilled, skippedFor, viewerOf } from './forms/live.ts'
import { keepPartial } from './forms/partials.sql.ts'
import { rawOf } from './forms/read.ts'
import { judge, submit, whenceOf } from './forms/submit.ts'
import { readRender, renderToken, type Showing } from './forms/token.ts'
import { takeFile } from './forms/uploads.ts'
import { noteTouch, noteView } from './forms/views.sql.ts'
import { say } from './forms/words.ts'
import { isMachine } from './pages/visitor.ts'

const bodyLimit = 12 * 1024 * 1024
const options = { schema: { hide: true }, config: { isShared: true }, bodyLimit }
type Keyed = { Params: { key: string } }

const pageSchema = z.object({
  url: z.string().max(2_000).optional(),
  referrer: z.string().max(2_000).optional(),
  title: z.string().max(300).optional(),
  anonymousId: z.string().max(200).optional(),
})
const sentSchema = z.object({
  token: z.string().max(300),
  answers: z.record(z.string().max(60), z.unknown()),
  page: pageSchema.default({}),
  language: z.string().max(20).optional(),
  /** What stood in the field that nobody sees. */
  trap: z.string().max(1_000).default(''),
  proof: z.unknown().optional(),
  /** What the page's address carried as `tend_t`: a link of somebody's own. */
  visitor: z.string().max(200).optional(),
})
const markSchema = z.object({
  token: z.string().max(300),
  mark: z.enum(['view', 'start', 'field']),
  field: z.string().max(60).optional(),
  page: pageSchema.default({}),
})
const partialSchema = z.object({
  token: z.string().max(300),
  step: z.string().max(60),
  answers: z.record(z.string().max(60), z.unknown()),
})

/** The same forms for scripts: JSON with CORS for the origins that the form allows. */
export async function serveFormApi(app: FastifyInstance, services: Services): Promise<void> {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit }, (_request, body, done) => done(null, body))
  app.options<Keyed>('/v1/forms/:key', options, (request, reply) => preflight(services, request, reply))
  app.options<Keyed>('/v1/forms/:key/*', options, (request, reply) => preflight(services, request, reply))
  app.get<Keyed>('/v1/forms/:key', options, (request, reply) => describe(services, request, reply))
  app.post<Keyed>('/v1/forms/:key/submissions', options, (request, reply) => take(services, request, reply))
  app.post<Keyed>('/v1/forms/:key/partial', options, (request, reply) => keepPart(services, request, reply))
  app.post<Keyed>('/v1/forms/:key/marks', options, (request, reply) => mark(services, request, reply))
  app.post<Keyed>('/v1/forms/:key/files', options, (request, reply) => keepFile(services, request, reply))
  app.post<Keyed>('/v1/forms/:key/foreign', options, (request, reply) => foreign(services, request, reply))
}

/** The form, for a page of this origin. Throws `not_found` and `forbidden`. */
async function open(
  services: Services,
  request: FastifyRequest<Keyed>,
  reply: FastifyReply,
  version?: number,
): Promise<Live> {
  const live = await findLive(services, request.params.key, request, version)
  if (!live) throw notFound('form')
  const { origin } = request.headers
  const { origins } = live.document.embedding
  const ours = new URL(services.config.streetUrl).origin
  const allowed =
    origins.length === 0 || origin === ours || origins.some(each => new URL(each).origin === origin)
  if (origin && !allowed) throw forbidden('This form may not be used on this site.')
  if (origin) {
    // Only our own pages may send the cookie along: what is known of somebody is not for other sites.
    reply.header('access-control-allow-origin', origin).header('vary', 'origin')
    if (origin === ours) reply.header('access-control-allow-credentials', 'true')
  }
  reply.header('cache-control', 'no-store').header('cross-origin-resource-policy', 'cross-origin')
  return live
}

async function preflight(services: Services, request: FastifyRequest<Keyed>, reply: FastifyReply) {
  await open(services, request, reply)
  return reply
    .status(204)
    .header('access-control-allow-methods', 'GET, POST')
    .header('access-control-allow-headers', 'content-type')
    .header('access-control-max-age', '600')
    .send()
}

function readJson<T>(request: FastifyRequest, schema: z.ZodType<T>): T {
  let body: unknown
  try {
    body = JSON.parse(Buffer.isBuffer(request.body) ? request.body.toString('utf8') : '')
  } catch {
    throw invalid('This is no JSON.')
  }
  const read = schema.safeParse(body)
  if (read.success) return read.data
  throw invalid(
    'This is not what the form takes.',
    read.error.issues.map(issue => ({ path: issue.path.join('.'), message: issue.message })),
  )
}

function showingOf(services: Services, live: Live, token: string): Showing {
  const showing = readRender(services.secrets, token)
  if (showing?.formId !== live.id)
    throw invalid('The form was not shown by us.', [{ path: 'token', message: 'is not one of ours' }])
  return showing
}

async function describe(services: Services, request: FastifyRequest<Keyed>, reply: FastifyReply) {
  const live = await open(services, request, reply)
  const { language: asked, [visitorParameter]: visitor } = request.query as Record<string, unknown>
  const language = languageFor(
    live,
    typeof asked === 'string' ? asked : undefined,
    request.headers['accept-language'],
  )
  const now = services.clock.now()
  const viewer = await viewerOf(services, request, visitor)
  const known = prefilled(live.document, viewer)
  return {
    ...publicForm(live, language, { skipped: skippedFor(live.document, viewer), known }),
    token: renderToken(services.secrets, live.id, live.version, now),
    trap: honeypot,
    challenge:
      live.document.abuse.proofOfWork === 'off' ? null : await challengeFor(services.secrets, live.id, now),
  }
}

const valuesOf = (live: Live, answers: Record<string, unknown>): Map<string, Raw> =>
  new Map(
    fieldsOf(live.document).flatMap(({ key }) =>
      Object.hasOwn(answers, key) ? [[key, rawOf(answers[key])] as const] : [],
    ),
  )

async function take(services: Services, request: FastifyRequest<Keyed>, reply: FastifyReply) {
  const sent = readJson(request, sentSchema)
  const version = readRender(services.secrets, sent.token)?.version
  const live = await open(services, request, reply, version)
  const showing = showingOf(services, live, sent.token)
  const language = languageFor(live, sent.language, request.headers['accept-language'])
  const viewer = await viewerOf(services, request, sent.visitor)
  const given = valuesOf(live, sent.answers)
  const outcome = judge(services, { live, given, viewer, language })
  refuse(outcome.problems)
  const { trap, proof, page } = sent
  return submit(
    services,
    { live, showing, given, trap, proof, language, page: tidy(page), viewer, request },
    outcome,
  )
}

/** What is left out is left out, and not undefined. */
const tidy = (page: z.infer<typeof pageSchema>) =>
  Object.fromEntries(Object.entries(page).filter(([, value]) => value !== undefined))

function refuse(problems: { field: string; message: string }[]): void {
  if (problems.length === 0) return
  throw new AppError('invalid', 'Some answers will not do.', {
    status: 422,
    fields: problems.map(({ field, message }) => ({ path: `answers.${field}`, message })),
  })
}

async function keepPart(services: Services, request: FastifyRequest<Keyed>, reply: FastifyReply) {
  const sent = readJson(request, partialSchema)
  const live = await open(services, request, reply, readRender(services.secrets, sent.token)?.version)
  const showing = showingOf(services, live, sent.token)
  if (!live.document.savesPartly) throw forbidden('This form keeps nothing before it is sent.')
  const language = live.document.languages.main
  const outcome = judge(services, { live, given: valuesOf(live, sent.answers), viewer: null, language })
  await keepPartial(services.db, showing, {
    answers: outcome.answers,
    step: sent.step,
    now: services.clock.now(),
    mostPerHour: live.document.abuse.perFormPerHour,
  })
  return { ok: true }
}

async function mark(services: Services, request: FastifyRequest<Keyed>, reply: FastifyReply) {
  const sent = readJson(request, markSchema)
  const live = await open(services, request, reply, readRender(services.secrets, sent.token)?.version)
  const showing = showingOf(services, live, sent.token)
  if (isMachine(request)) return { ok: true }
  await noteView(services.db, showing, whenceOf(request, tidy(sent.page)))
  const field = fieldsOf(live.document).some(each => each.key === sent.field) ? sent.field : undefined
  if (sent.mark !== 'view') await noteTouch(services.db, showing, field ?? null, services.clock.now())
  return { ok: true }
}

async function keepFile(services: Services, request: FastifyRequest<Keyed>, reply: FastifyReply) {
  const live = await open(services, request, reply)
  const posted = await readPost(request.body, String(request.headers['content-type'] ?? ''))
  showingOf(services, live, posted.fields.get('token')?.[0] ?? '')
  const [file] = posted.files
  const field = fieldsOf(live.document).find(each => each.key === file?.field)
  if (!file || field?.type !== 'file') throw invalid('This form asks for no such file.')
  const taken = await takeFile(services, live.id, field, file)
  if ('handle' in taken) return taken
  const message = say(live.document.languages.main, taken.problem, taken.about)
  throw new AppError('invalid', message, { status: 422, fields: [{ path: `answers.${field.key}`, message }] })
}

/** A form that another system made, with names of its own. It has no showing: each post is one. */
async function foreign(services: Services, request: FastifyRequest<Keyed>, reply: FastifyReply) {
  const live = await open(services, request, reply)
  if (!live.document.embedding.takesForeign) throw forbidden('This form takes no posts of other forms.')
  const type = String(request.headers['content-type'] ?? '')
  const posted = type.includes('json')
    ? new Map(
        Object.entries(readJson(request, z.record(z.string(), z.unknown()))).map(([key, value]) => [
          key,
          [...rawOf(value)],
        ]),
      )
    : (await readPost(request.body, type)).fields
  const given = foreignNames(live.document, posted)
  const language = languageFor(live, undefined, request.headers['accept-language'])
  const outcome = judge(services, { live, given, viewer: null, language })
  refuse(outcome.problems)
  const { minSeconds } = live.document.abuse
  const now = services.clock.now()
  const made = readRender(services.secrets, renderToken(services.secrets, live.id, live.version, now))
  if (!made) throw notFound('form')
  const showing = { ...made, at: new Date(now.getTime() - minSeconds * 1_000) }
  const trap = posted.get(honeypot)?.[0] ?? ''
  const done = await submit(
    services,
    { live, showing, given, trap, proof: null, language, page: {}, viewer: null, request },
    outcome,
  )
  if (done.redirect && !type.includes('json')) return reply.redirect(done.redirect, 303)
  return done
}
