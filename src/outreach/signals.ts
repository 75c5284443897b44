import { record } from '#activity/record.ts'
import { currentIds } from '#audience/identity.ts'
import type { NewEvent } from '#engine/reactor.ts'
import { type Db, inTransaction } from '#platform/db/db.ts'
import { idFrom, newId } from '#platform/ids.ts'
import type { Services } from '#platform/services.ts'
import {
  type HitRow,
  insertHit,
  noteSignals,
  selectClicks,
  selectTracked,
  selectTrackedMany,
  selectUnjudged,
  type Tracked,
  type VerdictRow,
  writeVerdicts,
} from './signals.sql.ts'
import type { Subject } from './tokens.ts'
import { type HitKind, judge, judgeAt, type Signals } from './verdict.ts'

const atOnce = 500

/** The id of the event that tells that a message was sent: what comes back names it as its cause. */
export function sentEventId(messageId: string): string {
  return idFrom('email.sent', messageId)
}

/** The message of a token; one of a contact that was joined or merged is found under the new id. */
export async function findTracked(db: Db, { contactId, messageId }: Subject): Promise<Tracked | undefined> {
  const found = await selectTracked(db, contactId, messageId)
  if (found) return found
  const current = (await currentIds(db, [contactId])).get(contactId) ?? contactId
  return current === contactId ? undefined : selectTracked(db, current, messageId)
}

/** Keeps an open or a click as it came. It becomes an event with its verdict, at once where nothing can change that. */
export async function keepHit(
  services: Services,
  message: Tracked,
  given: { kind: HitKind; linkIndex: number | null; url: string | null; signals: Signals },
): Promise<void> {
  const at = services.clock.now()
  const hit: HitRow = { contactId: message.contactId, id: newId(), messageId: message.id, at, ...given }
  const due = judgeAt(hit, message.links?.length ?? 0)
  const kept = await insertHit(services.db, { ...hit, judgeAt: due })
  if (kept && due <= at) await judgeHits(services)
}

/** Gives every hit whose time has come its verdict, and tells the ledger. Safe to run in many processes at once. */
export async function judgeHits(services: Services): Promise<void> {
  for (;;) {
    const n = await inTransaction(services.db, trx => judgeSome(trx, services))
    if (n < atOnce) return
  }
}

async function judgeSome(trx: Db, { clock, config }: Services): Promise<number> {
  const hits = await selectUnjudged(trx, clock.now(), atOnce)
  if (hits.length === 0) return 0
  const messages = new Map((await selectTrackedMany(trx, hits)).map(message => [message.id, message]))
  const clicks = await selectClicks(trx, hits)
  const judged: VerdictRow[] = hits.map(hit => {
    const message = messages.get(hit.messageId)
    const around = {
      sentAt: config.mode === 'live' ? (message?.sentAt ?? null) : null,
      links: message?.links?.length ?? 0,
      clicks: clicks.filter(click => click.messageId === hit.messageId),
    }
    return { ...hit, ...judge(hit, around) }
  })
  const written = await writeVerdicts(trx, judged)
  const fresh = judged.filter(hit => written.has(hit.id))
  await noteSignals(trx, fresh)
  await record(
    trx,
    fresh.map(hit => eventOf(hit, messages.get(hit.messageId))),
  )
  return hits.length
}

function eventOf(hit: VerdictRow, message: Tracked | undefined): NewEvent {
  const data = {
    messageId: hit.messageId,
    emailId: message?.emailId ?? null,
    emailVersionId: message?.emailVersionId ?? null,
    emailName: message?.emailName ?? null,
    verdict: hit.verdict,
    reason: hit.reason,
    ...(message?.campaignId ? { campaignId: message.campaignId, variant: message.variant } : {}),
    ...(hit.kind === 'click' ? { url: hit.url, link: hit.linkIndex } : {}),
  }
  const type = hit.kind === 'click' ? 'email.clicked' : 'email.opened'
  return { contactId: hit.contactId, type, at: hit.at, causeId: sentEventId(hit.messageId), data }
}
