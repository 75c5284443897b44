import { createHmac } from 'node:crypto'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { forgettingCookie, recognitionCookie } from '#audience/recognition.ts'
import { requestKinds } from '#audience/requests.ts'
import { offeredTopics } from '#audience/topics.ts'
import type { Services } from '#platform/services.ts'
import { plainLetter } from './letters.ts'
import { queueMessages } from './messages.ts'
import { confirmLink, lookAtLink } from './opt-in.ts'
import {
  askPage,
  confirmEndPage,
  confirmPage,
  donePage,
  gonePage,
  pageHeaders,
  preferencePage,
  previewPage,
  unknownPage,
} from './pages.street.ts'
import { dayIn, type Words, wordsFor } from './pages.words.ts'
import {
  askForData,
  frequencies,
  type Holder,
  leavingReasons,
  noPreference,
  readHolder,
  type Seen,
  savePreferences,
  saveReason,
  subscribeAgain,
} from './preferences.ts'
import { readSettings } from './settings.ts'
import { makeToken, type Purpose, readToken, type Subject } from './tokens.ts'
import { unsubscribe } from './unsubscribe.ts'

const mostBytes = 16 * 1024
const hidden = { schema: { hide: true } }
type Request = FastifyRequest<{ Params: { token: string } }>

const header = (request: FastifyRequest, name: string): string | null => {
  const value = request.headers[name]
  return typeof value === 'string' && value !== '' ? value.replaceAll('\0', '').slice(0, 400) : null
}

const show = (reply: FastifyReply, status: number, html: string) =>
  reply.status(status).headers(pageHeaders).send(html)

/**
 * What people decide by the links in our mails: to leave, what to get and how often, to confirm. Looking (GET, HEAD)
 * changes nothing, ever; a POST needs no cookie and no login, only the token. Works without scripts.
 */
export async function choicesStreet(app: FastifyInstance, services: Services): Promise<void> {
  acceptAnything(app)
  app.get('/u/:token', hidden, (request: Request, reply) => askToLeave(services, request, reply))
  app.post('/u/:token', hidden, (request: Request, reply) => leave(services, request, reply))
  app.get('/p/:token', hidden, (request: Request, reply) => look(services, request, reply))
  app.post('/p/:token', hidden, (request: Request, reply) => choose(services, request, reply))
  app.get('/confirm/:token', hidden, (request: Request, reply) => askToConfirm(services, request, reply))
  app.post('/confirm/:token', hidden, (request: Request, reply) => confirm(services, request, reply))
  // A body that cannot be read is no reason to keep somebody: the token says it all (RFC 8058).
  app.setErrorHandler(async (error: Error & { statusCode?: number }, request, reply) => {
    const isUnreadable = (error.statusCode ?? 500) < 500 && error.statusCode !== 429
    if (request.method === 'POST' && isUnreadable && request.url.startsWith('/u/'))
      return leave(services, request as Request, reply)
    throw error
  })
}

/** Every body is text, whatever it says it is; what is too long for a form is let go by. */
function acceptAnything(app: FastifyInstance): void {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { bodyLimit: 4 * 1024 * 1024 }, (_request, stream, done) => {
    const parts: Buffer[] = []
    let kept = 0
    stream.on('data', (chunk: Buffer) => {
      if (kept < mostBytes) parts.push(chunk)
      kept += chunk.length
    })
    stream.on('end', () => done(null, Buffer.concat(parts).subarray(0, mostBytes).toString('utf8')))
    stream.on('error', () => done(null, ''))
  })
}

const bodyOf = (request: FastifyRequest) => (typeof request.body === 'string' ? request.body : '')
const formOf = (request: FastifyRequest) => new URLSearchParams(bodyOf(request))

const subjectOf = ({ secrets }: Services, purpose: Purpose, request: Request): Subject | null =>
  readToken(secrets, purpose, request.params.token)

const unknown = (request: FastifyRequest, reply: FastifyReply) =>
  show(reply, 404, unknownPage(wordsOf(request)))

const wordsOf = (request: FastifyRequest, language: string | null = null): Words =>
  wordsFor(language, header(request, 'accept-language'))

const brandOf = async ({ db, config }: Services) => (await readSettings(db, config.mode)).settings.fromName

/** Who acts, as proof: an address of the network only as a keyed hash. */
function seenOf({ secrets }: Services, request: FastifyRequest): Seen {
  const ipHash = createHmac('sha256', secrets.keyFor('proof.ip'))
    .update(request.ip)
    .digest('hex')
    .slice(0, 32)
  return { userAgent: header(request, 'user-agent'), ipHash }
}

async function askToLeave(services: Services, request: Request, reply: FastifyReply) {
  if (request.params.token === 'preview') return show(reply, 200, previewPage(wordsOf(request)))
  const subject = subjectOf(services, 'unsubscribe', request)
  if (!subject) return unknown(request, reply)
  const preferences = `/p/${makeToken(services.secrets, 'preferences', subject)}`
  return show(reply, 200, askPage(wordsOf(request), { brand: await brandOf(services), preferences }))
}

async function leave(services: Services, request: Request, reply: FastifyReply) {
  const subject = subjectOf(services, 'unsubscribe', request)
  if (!subject) return unknown(request, reply)
  // Our own form says what it is; whatever else posts here is a mail program.
  const way = formOf(request).has('do') ? ('page' as const) : ('one-click' as const)
  await unsubscribe(services, subject, { way, ...seenOf(services, request) })
  return left(services, subject, request, reply)
}

async function left(services: Services, subject: Subject, request: Request, reply: FastifyReply) {
  const given = formOf(request)
  const reason = leavingReasons.find(each => each === given.get('reason'))
  if (reason) await saveReason(services, subject, reason)
  const action = `/u/${makeToken(services.secrets, 'unsubscribe', subject)}`
  const brand = await brandOf(services)
  // A mail program is no browser that remembers anybody, and must get no cookie (RFC 8058).
  if (given.has('do')) reply.header('set-cookie', forgettingCookie)
  return show(reply, 200, donePage(wordsOf(request), { brand, action, thanks: reason !== undefined }))
}

async function look(services: Services, request: Request, reply: FastifyReply) {
  if (request.params.token === 'preview') return preview(services, request, reply)
  const subject = subjectOf(services, 'preferences', request)
  return subject ? center(services, subject, { request, reply, said: () => null }) : unknown(request, reply)
}

type Showing = { request: Request; reply: FastifyReply; said: (words: Words) => string | null }

async function center(services: Services, subject: Subject, { request, reply, said }: Showing) {
  const holder = await readHolder(services.db, subject)
  const brand = await brandOf(services)
  if (!holder) return show(reply, 200, gonePage(wordsOf(request), brand))
  const words = wordsOf(request, holder.language)
  const { zone } = services.config
  const now = services.clock.now()
  return show(reply, 200, preferencePage(words, { brand, holder, zone, now, said: said(words) }))
}

/** What the page looks like, for the people who run it. */
async function preview(services: Services, request: Request, reply: FastifyReply) {
  const topics = (await offeredTopics(services.db)).map(topic => ({ ...topic, wanted: true }))
  const holder: Omit<Holder, 'contactId'> = {
    address: 'a•••@example.org',
    language: null,
    topics,
    subscribed: true,
    preference: noPreference,
  }
  const words = wordsOf(request)
  const [brand, { zone }, now] = [await brandOf(services), services.config, services.clock.now()]
  return show(reply, 200, preferencePage(words, { brand, holder, zone, now, said: words.preview }))
}

async function choose(services: Services, request: Request, reply: FastifyReply) {
  if (request.params.token === 'preview') return show(reply, 200, previewPage(wordsOf(request)))
  const subject = subjectOf(services, 'preferences', request)
  if (!subject) return unknown(request, reply)
  const form = formOf(request)
  const act = form.get('do')
  const seen = seenOf(services, request)
  const answer = (said: Showing['said']) => center(services, subject, { request, reply, said })
  if (act === 'leave') {
    await unsubscribe(services, subject, { way: 'preferences', ...seen })
    return left(services, subject, request, reply)
  }
  const kind = requestKinds.find(each => each === act)
  if (kind) {
    const day = await takeRequest(services, subject, kind)
    return answer(words => (day ? words.asked(dayIn(words, day, 'UTC')) : null))
  }
  const done =
    act === 'save'
      ? await savePreferences(services, subject, choiceOf(form), seen)
      : act === 'again' && (await subscribeAgain(services, subject, seen))
  return answer(words => (done ? words.saved : null))
}

function choiceOf(form: URLSearchParams) {
  const ids = (name: string) =>
    form
      .getAll(name)
      .filter(id => /^\d{1,19}$/.test(id))
      .slice(0, 500)
  const pause = form.get('pause')
  return {
    shown: ids('shown'),
    topics: ids('topic'),
    frequency: frequencies.find(each => each === form.get('frequency')) ?? ('all' as const),
    pauseDays: pause === '0' || pause === '30' || pause === '90' ? Number(pause) : null,
  }
}

/** Takes the request down and says so to the mailbox itself; the last day by which it is answered. */
async function takeRequest(
  services: Services,
  subject: Subject,
  kind: (typeof requestKinds)[number],
): Promise<Date | null> {
  const asked = await askForData(services, subject, kind, async (trx, { contactId, dueOn }) => {
    const holder = await readHolder(trx, subject)
    const { settings } = await readSettings(trx, services.config.mode)
    const words = wordsFor(holder?.language ?? null)
    const day = dayIn(words, new Date(dueOn), 'UTC')
    const now = services.clock.now()
    const payload = plainLetter(words, {
      subject: words.requestSubject[kind],
      lines: [words.requestText(settings.fromName, day)[kind]],
      last: words.requestIgnore,
    })
    const reason = `data-request:${kind}:${now.toISOString()}`
    const row = { contactId, channel: 'email' as const, class: 'service' as const, reason, payload }
    await queueMessages(
      trx,
      [
        {
          ...row,
          causeId: null,
          why: [{ kind: 'person', words: 'asked for it in the preference centre' }],
          notBefore: now,
        },
      ],
      now,
    )
  })
  return asked ? new Date(asked.dueOn) : null
}

async function askToConfirm(services: Services, request: Request, reply: FastifyReply) {
  const subject = subjectOf(services, 'confirm', request)
  const link = subject && (await lookAtLink(services, subject))
  if (!link || link.is === 'unknown') return unknown(request, reply)
  const words = wordsOf(request, link.language)
  const brand = await brandOf(services)
  return link.is === 'open'
    ? show(reply, 200, confirmPage(words, { brand, wordings: link.wordings }))
    : show(reply, 200, confirmEndPage(words, { brand, end: link.is }))
}

async function confirm(services: Services, request: Request, reply: FastifyReply) {
  const subject = subjectOf(services, 'confirm', request)
  const end = subject ? await confirmLink(services, subject, seenOf(services, request)) : 'unknown'
  if (end === 'unknown' || end === 'open') return unknown(request, reply)
  // The link came to his own mailbox, and he ticked it himself: nothing less makes a browser his.
  if (subject && end === 'confirmed' && formOf(request).get('remember') === 'yes')
    reply.header(
      'set-cookie',
      recognitionCookie(services, subject.contactId, services.config.streetUrl.startsWith('https:')),
    )
  return show(reply, 200, confirmEndPage(wordsOf(request), { brand: await brandOf(services), end }))
}
