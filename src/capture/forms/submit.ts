import type { FastifyRequest } from 'fastify'
import { withoutVisitor } from '#audience/recognition.ts'
import { type Db, inTransaction, run, sql } from '#platform/db/db.ts'
import { AppError } from '#platform/errors.ts'
import { addressOf } from '#platform/http/limits.ts'
import { newId } from '#platform/ids.ts'
import type { Services } from '#platform/services.ts'
import { accept } from './accept.ts'
import { selectAsset } from './assets.sql.ts'
import { mayRedirect } from './check.ts'
import { fieldsOf } from './definition.ts'
import { suspicions } from './guard.ts'
import { type Live, skippedFor, type Viewer } from './live.ts'
import type { Answer } from './logic.ts'
import { type Given, type Outcome, readGiven } from './read.ts'
import {
  type Agreement,
  insertSubmission,
  keepReply,
  type Origin,
  replyOf,
  type Submission,
  takeToken,
} from './submissions.sql.ts'
import { assetToken, type Showing } from './token.ts'
import { noteCompletion } from './views.sql.ts'

export type Page = { url?: string; referrer?: string; title?: string; anonymousId?: string }
export type Sent = {
  live: Live
  showing: Showing
  given: Given
  trap: string
  proof: unknown
  language: string
  page: Page
  viewer: Viewer | null
  request: FastifyRequest
}
export type Reply = {
  submissionId: string
  message: string
  redirect: string | null
  download: { name: string; url: string } | null
}

const clip = (text: string | undefined, max: number): string | null =>
  text ? text.replaceAll('\u0000', '').toWellFormed().slice(0, max) : null

const utmNames = ['source', 'medium', 'campaign', 'term', 'content']
const clickIds = ['gclid', 'fbclid', 'msclkid', 'li_fat_id', 'ttclid']

/** Where somebody came from, as the address of his page says. */
export function campaignOf(url: string | null): Record<string, string> {
  if (url === null || !URL.canParse(url)) return {}
  const { searchParams } = new URL(url)
  const pairs = [...utmNames.map(name => [name, `utm_${name}`]), ...clickIds.map(name => [name, name])]
  return Object.fromEntries(
    pairs.flatMap(([name = '', key = '']) => {
      const value = clip(searchParams.get(key) ?? '', 200)
      return value ? [[name, value]] : []
    }),
  )
}

/** The network somebody is in, without saying which of its machines he uses. */
function shortened(ip: string): string {
  const address = addressOf(ip)
  return address.includes(':')
    ? `${address.split(':').slice(0, 3).join(':')}::`
    : address.replace(/\.\d+$/, '.0')
}

export function originOf(request: FastifyRequest, page: Page): Origin {
  const given = clip(page.url ?? request.headers.referer, 2_000)
  const url = given && URL.canParse(given) && /^https?:/.test(given) ? new URL(withoutVisitor(given)) : null
  return {
    url: url?.href ?? null,
    path: url?.pathname ?? null,
    host: url?.host ?? null,
    referrer: clip(page.referrer && withoutVisitor(page.referrer), 2_000),
    title: clip(page.title, 300),
    utm: campaignOf(url?.href ?? null),
    ip: shortened(request.ip),
    agent: clip(request.headers['user-agent'], 300) ?? '',
    anonymousId: clip(page.anonymousId, 200),
  }
}

/** Where a showing came from: the campaign in the address, else the page that led to it. */
export function whenceOf(request: FastifyRequest, page: { url?: string; referrer?: string }) {
  const { host, url } = originOf(request, page)
  const { source, medium = '', campaign = '' } = campaignOf(url)
  const from = page.referrer && URL.canParse(page.referrer) ? new URL(page.referrer).host : ''
  return { source: source ?? (from || 'direct'), medium, campaign, host: host ?? '' }
}

/** Judges what came, without doing anything about it. Fields whose answer is known need none. */
export function judge(
  services: Services,
  sent: Pick<Sent, 'live' | 'given' | 'viewer' | 'language'>,
): Outcome {
  const { live, given, viewer, language } = sent
  const skipped = skippedFor(live.document, viewer)
  for (const key of given.keys()) skipped.delete(key)
  const form = { id: live.id, document: live.document, secrets: services.secrets, language }
  return readGiven(form, given, skipped)
}

function addressIn(live: Live, answers: Record<string, Answer>): string | null {
  const field = fieldsOf(live.document).find(each => each.type === 'email' && answers[each.key])
  return field ? String(answers[field.key]) : null
}

function agreements({ live, language }: Sent, answers: Record<string, Answer>): Agreement[] {
  const words = live.document.languages.others[language]
  return fieldsOf(live.document).flatMap(field =>
    field.type === 'consent' && answers[field.key] === true
      ? [
          {
            field: field.key,
            purpose: field.purpose,
            topicId: field.topicId,
            wording: words?.[`fields.${field.key}.wording`] ?? field.wording,
            doubleOptIn: field.doubleOptIn,
          },
        ]
      : [],
  )
}

/**
 * Takes a submission whose answers will do: works it through, or puts it aside where something is suspicious; the
 * answer is the same, so that nobody learns from it. A showing that was sent before is answered as it was then.
 * Throws `too_many_requests`.
 */
export async function submit(services: Services, sent: Sent, outcome: Outcome): Promise<Reply> {
  const { live, showing, viewer, request } = sent
  const now = services.clock.now()
  const address = addressIn(live, outcome.answers)
  const recognised = viewer !== null && (address === null || address === viewer.contact.email)
  const { reasons, tooMany } = await suspicions(services, {
    formId: live.id,
    abuse: live.document.abuse,
    showing,
    address,
    ip: request.ip,
    trap: sent.trap,
    proof: sent.proof,
    recognised,
  })
  if (tooMany)
    throw new AppError('too_many_requests', 'Too many submissions. Try again in an hour.', { status: 429 })
  const submission: Submission = {
    contactId: recognised && viewer ? viewer.contact.id : '0',
    id: newId(),
    formId: live.id,
    version: live.version,
    at: now,
    status: reasons.length > 0 ? 'held' : 'accepted',
    reasons,
    answers: outcome.answers,
    consents: agreements(sent, outcome.answers),
    address,
    language: sent.language,
    origin: originOf(request, sent.page),
    recognised,
  }
  return inTransaction(services.db, async trx => {
    if (!(await takeToken(trx, { id: showing.id, formId: live.id, now })))
      return replyOf<Reply>(trx, showing.id)
    const contactId = submission.status === 'held' ? '0' : await accept(trx, services, live, submission)
    await insertSubmission(trx, { ...submission, contactId })
    await takeUploads(trx, sent, outcome)
    await run(trx, sql`delete from capture.form_partial where id = ${showing.id}::bigint`)
    if (submission.status === 'accepted') await noteCompletion(trx, showing, now)
    const reply = await replyFor({ ...services, db: trx }, sent, { ...submission, contactId })
    await keepReply(trx, showing.id, reply)
    return reply
  })
}

async function takeUploads(trx: Db, { live }: Sent, { answers }: Outcome): Promise<void> {
  const ids = fieldsOf(live.document).flatMap(field => {
    const answer = field.type === 'file' ? answers[field.key] : null
    return Array.isArray(answer) ? answer : []
  })
  if (ids.length > 0)
    await run(trx, sql`update capture.form_upload set taken = true where id = any(${ids}::bigint[])`)
}

async function replyFor(services: Services, { live, language }: Sent, row: Submission): Promise<Reply> {
  const { after, languages } = live.document
  const words = languages.others[language]
  const asset =
    after.assetId && row.status === 'accepted' ? await selectAsset(services.db, after.assetId) : undefined
  const hosts = [new URL(services.config.streetUrl).host]
  const given = { assetId: asset?.id ?? '', contactId: row.contactId, formId: live.id }
  return {
    submissionId: row.id,
    message: words?.['after.message'] ?? after.message,
    redirect:
      after.redirect !== null && mayRedirect(after.redirect, after.redirectHosts, hosts)
        ? after.redirect
        : null,
    download: asset
      ? {
          name: asset.name,
          url: `${services.config.streetUrl}/forms/files/${assetToken(services.secrets, given, services.clock.now())}`,
        }
      : null,
  }
}
