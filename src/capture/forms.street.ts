import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { visitorParameter, withoutVisitor } from '#audience/recognition.ts'
import type { Services } from '#platform/services.ts'
import { serveAssets } from './forms/asset.street.ts'
import { readPost } from './forms/body.ts'
import { fieldsOf } from './forms/definition.ts'
import { honeypot } from './forms/guard.ts'
import { drawForm, drawPage, paragraphs } from './forms/html.ts'
import type { Raw } from './forms/kind.ts'
import { findLive, type Live, languageFor, prefilled, skippedFor, viewerOf } from './forms/live.ts'
import { walk } from './forms/logic.ts'
import { keepPartial } from './forms/partials.sql.ts'
import type { Outcome } from './forms/read.ts'
import { judge, type Reply, submit, whenceOf } from './forms/submit.ts'
import { readRender, renderToken, type Showing } from './forms/token.ts'
import { takeFile } from './forms/uploads.ts'
import { noteView } from './forms/views.sql.ts'
import { say } from './forms/words.ts'
import { escapeHtml } from './pages/html.ts'
import { isMachine } from './pages/visitor.ts'

/** A file of ten megabytes in each of several fields is the most that a post may be. */
const bodyLimit = 32 * 1024 * 1024
const options = { schema: { hide: true }, config: { isShared: true }, bodyLimit }

type Ask = { services: Services; live: Live; request: FastifyRequest; reply: FastifyReply }

/** The hosted page of a form, which works without a script, and where plain forms are posted to. */
export async function serveFormPages(app: FastifyInstance, services: Services): Promise<void> {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit }, (_request, body, done) => done(null, body))
  serveAssets(app, services)
  app.get<{ Params: { key: string } }>('/forms/:key', options, async (request, reply) => {
    const live = await findLive(services, request.params.key, request)
    return live ? show({ services, live, request, reply }) : closed(request, reply)
  })
  app.post<{ Params: { key: string } }>('/forms/:key', options, async (request, reply) => {
    const live = await findLive(services, request.params.key, request)
    return live ? take({ services, live, request, reply }) : closed(request, reply)
  })
}

const isFramed = (request: FastifyRequest) => (request.query as Record<string, unknown>).frame === '1'

function send(
  { request, reply }: Pick<Ask, 'request' | 'reply'>,
  html: string,
  given: { status?: number; ancestors?: string[] } = {},
): FastifyReply {
  const frames = isFramed(request) ? (given.ancestors?.length ? given.ancestors.join(' ') : '*') : "'none'"
  return reply
    .status(given.status ?? 200)
    .headers({
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-store',
      'content-security-policy': `default-src 'none'; style-src 'unsafe-inline';${isFramed(request) ? " script-src 'self';" : ''} form-action 'self' https:; base-uri 'none'; frame-ancestors ${frames}`,
      'referrer-policy': 'strict-origin-when-cross-origin',
      'x-content-type-options': 'nosniff',
    })
    .send(html)
}

function closed(request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const language = (request.headers['accept-language'] ?? 'en').slice(0, 2).replace(/[^a-z]/g, '') || 'en'
  const html = drawPage({
    language,
    title: say(language, 'closed'),
    accent: '#2f6f4f',
    isFramed: isFramed(request),
    body: paragraphs(say(language, 'closedText')),
  })
  return send({ request, reply }, html, { status: 404 })
}

type Page = { url: string; referrer: string }
type View = {
  /** Somebody who came by a link of his own; his token goes along from step to step. */
  visitor: string
  language: string
  step: string
  passed: string[]
  values: Map<string, Raw>
  problems: { field: string; message: string }[]
  page: Page
  token: string
  status?: number
}

async function draw(ask: Ask, view: View): Promise<FastifyReply> {
  const { services, live, request } = ask
  const { document } = live
  const outcome = judge(services, { live, given: view.values, viewer: null, language: view.language })
  const here = document.steps.find(each => each.id === view.step)
  // Without a script nothing appears while somebody types: what depends on answers of this very step is shown.
  const own = new Set(here?.fields.map(field => field.key))
  const hidden = new Set(
    (here?.fields ?? [])
      .filter(field => !outcome.shown.has(field.key) && !dependsOn(field.show, own))
      .map(field => field.key),
  )
  const way = outcome.way
  const words = document.languages.others[view.language]
  const html = drawPage({
    language: view.language,
    title: words?.title || document.title,
    accent: document.embedding.accent,
    isFramed: isFramed(request),
    body: `${view.passed.length === 0 ? paragraphs(words?.intro || document.intro) : ''}${drawForm({
      ...view,
      document,
      action: `/forms/${live.key}${isFramed(request) ? '?frame=1' : ''}`,
      isLast: way.indexOf(view.step) === way.length - 1,
      skipped: skippedFor(document, await viewerOf(services, request, view.visitor)),
      hidden,
    })}`,
  })
  return send(ask, html, {
    ancestors: document.embedding.origins,
    ...(view.status ? { status: view.status } : {}),
  })
}

function dependsOn(logic: unknown, keys: ReadonlySet<string>): boolean {
  return (
    logic !== null &&
    [...JSON.stringify(logic).matchAll(/"field":"([a-z0-9_]+)"/g)].some(([, key]) => keys.has(key ?? ''))
  )
}

async function show(ask: Ask): Promise<FastifyReply> {
  const { services, live, request } = ask
  const query = request.query as Record<string, unknown>
  const given = query[visitorParameter]
  const visitor = typeof given === 'string' ? given : ''
  const url = withoutVisitor(`${services.config.streetUrl}${request.url}`).slice(0, 2_000)
  const page = { url, referrer: (request.headers.referer ?? '').slice(0, 2_000) }
  const asked = typeof query.language === 'string' ? query.language : undefined
  const token = renderToken(services.secrets, live.id, live.version, services.clock.now())
  const showing = readRender(services.secrets, token)
  if (showing && !isMachine(request)) await noteView(services.db, showing, whenceOf(request, page))
  return draw(ask, {
    language: languageFor(live, asked, request.headers['accept-language']),
    visitor,
    step: live.document.steps[0]?.id ?? '',
    passed: [],
    values: prefilled(live.document, await viewerOf(services, request, visitor)),
    problems: [],
    page,
    token,
  })
}

async function take(ask: Ask): Promise<FastifyReply> {
  const { services, request } = ask
  const posted = await readPost(request.body, String(request.headers['content-type'] ?? ''))
  const first = (name: string) => posted.fields.get(name)?.[0] ?? ''
  const token = first('_token')
  const found = readRender(services.secrets, token)
  const showing = found?.formId === ask.live.id ? found : null
  const wanted = showing ? await findLive(services, ask.live.key, request, showing.version) : null
  const live = wanted ?? ask.live
  const values = new Map<string, Raw>()
  for (const field of fieldsOf(live.document)) {
    const given = posted.fields.get(field.key)
    if (given) values.set(field.key, given)
  }
  const problems = await takeFiles(services, live, posted.files, values)
  const language = languageFor(live, first('_language') || undefined, request.headers['accept-language'])
  const page = { url: first('_page'), referrer: first('_referrer') }
  const visitor = first('_visitor')
  const sent = { ask: { ...ask, live }, showing, token, visitor, values, problems, language, page }
  return advance(sent, { step: first('_step'), go: first('_go'), trap: first(honeypot) })
}

async function takeFiles(
  services: Services,
  live: Live,
  files: { field: string; name: string; bytes: Buffer }[],
  values: Map<string, Raw>,
): Promise<{ field: string; message: string }[]> {
  const problems: { field: string; message: string }[] = []
  for (const file of files) {
    const field = fieldsOf(live.document).find(each => each.key === file.field)
    if (field?.type !== 'file') continue
    const before = values.get(field.key) ?? []
    const taken =
      before.length >= field.maxFiles
        ? { problem: 'fileCount', about: String(field.maxFiles) }
        : await takeFile(services, live.id, field, file)
    if ('handle' in taken) values.set(field.key, [...before, taken.handle])
    else
      problems.push({
        field: field.key,
        message: say(live.document.languages.main, taken.problem, taken.about),
      })
  }
  return problems
}

type SentPage = {
  ask: Ask
  showing: Showing | null
  token: string
  visitor: string
  values: Map<string, Raw>
  problems: { field: string; message: string }[]
  language: string
  page: Page
}

/** One step on, one back, or the end: whatever the browser says, the way is worked out here. */
async function advance(
  sent: SentPage,
  { step, go, trap }: { step: string; go: string; trap: string },
): Promise<FastifyReply> {
  const { ask, showing, values, language, page } = sent
  const { services, live, request, reply } = ask
  const viewer = await viewerOf(services, request, sent.visitor)
  const outcome = judge(services, { live, given: values, viewer, language })
  const { way } = outcome
  const at = Math.max(0, way.indexOf(step))
  const stand = (place: number, problems: View['problems'], status?: number) =>
    draw(ask, {
      language,
      visitor: sent.visitor,
      step: way[place] ?? '',
      passed: way.slice(0, place),
      values,
      problems,
      page,
      token: showing
        ? sent.token
        : renderToken(services.secrets, live.id, live.version, services.clock.now()),
      ...(status ? { status } : {}),
    })
  if (go === 'back') return stand(Math.max(0, at - 1), [])
  // A form of another site, or one of a page that is the same for everybody, has no step: all of it was sent.
  const judged = step === '' ? way : way.slice(0, at + 1)
  const wrong = [...sent.problems, ...outcome.problems.filter(each => judged.includes(each.step))]
  if (wrong.length > 0) {
    const place = outcome.problems.find(each => judged.includes(each.step))?.step
    return stand(place ? way.indexOf(place) : at, wrong, 422)
  }
  if (step !== '' && at < way.length - 1) {
    if (showing && live.document.savesPartly) await keepStep(services, live, showing, { step, outcome })
    return stand(at + 1, [])
  }
  if (!showing) return stand(0, [{ field: firstField(live), message: say(language, 'again') }], 422)
  const done = await submit(
    services,
    { live, showing, given: values, trap, proof: null, language, page, viewer, request },
    outcome,
  )
  if (done.redirect) return reply.redirect(done.redirect, 303)
  return send(ask, thanks(live, done, language, isFramed(request)), {
    ancestors: live.document.embedding.origins,
  })
}

function keepStep(
  { db, clock }: Services,
  { document }: Live,
  showing: Showing,
  { step, outcome }: { step: string; outcome: Outcome },
): Promise<void> {
  const { answers } = outcome
  const mostPerHour = document.abuse.perFormPerHour
  return keepPartial(db, showing, { answers, step, now: clock.now(), mostPerHour })
}

const firstField = (live: Live) => {
  const { shown } = walk(live.document.steps, {})
  return fieldsOf(live.document).find(field => shown.has(field.key) && field.type !== 'html')?.key ?? ''
}

function thanks(live: Live, done: Reply, language: string, framed: boolean): string {
  const { document } = live
  const link = done.download
    ? `<p><a href="${escapeHtml(done.download.url)}">${escapeHtml(say(language, 'download', done.download.name))}</a></p>`
    : ''
  return drawPage({
    language,
    title: document.languages.others[language]?.title || document.title,
    accent: document.embedding.accent,
    isFramed: framed,
    body: `<div role="status">${paragraphs(done.message)}</div>${link}`,
  })
}
