import { type Db, inTransaction } from '#platform/db/db.ts'
import type { Services } from '#platform/services.ts'
import { type News, takeNews } from '../returns.ts'
import type { Subject } from '../tokens.ts'
import { unsubscribe } from '../unsubscribe.ts'
import { messageNamed, ownAddress } from './addresses.ts'
import { claimReturned, deleteReturned, noteTrouble, type Returned } from './inbox.sql.ts'
import { type Notice, readNotice } from './notice.ts'

const atOnce = 20

/**
 * Reads what the listener took, some at a time, each in one transaction with all that follows from it. Many processes
 * may do it at once. A mail that breaks the others of its batch is read alone, and put aside after three tries.
 * Returns how many were looked at.
 */
export async function readInbox(services: Services): Promise<number> {
  try {
    return await readSome(services, atOnce)
  } catch (error) {
    services.log.warn({ err: error }, 'what came back is read one by one')
    return readOne(services)
  }
}

function readSome(services: Services, limit: number): Promise<number> {
  return inTransaction(services.db, async trx => {
    const mails = await claimReturned(trx, limit)
    if (mails.length > 0) await understand(trx, services, mails)
    return mails.length
  })
}

/** The oldest alone: where it fails again, that is noted, and the next time another one is the oldest. */
async function readOne(services: Services): Promise<number> {
  return inTransaction(services.db, async trx => {
    const [mail] = await claimReturned(trx, 1)
    if (!mail) return 0
    try {
      // A transaction of its own, so that what it breaks is not this one.
      await inTransaction(services.db, inner => learn(inner, services, [mail]))
      await deleteReturned(trx, [mail.id])
    } catch (error) {
      await noteTrouble(trx, mail.id, error instanceof Error ? error.message : String(error))
    }
    return 1
  })
}

async function understand(trx: Db, services: Services, mails: Returned[]): Promise<void> {
  await learn(trx, services, mails)
  await deleteReturned(
    trx,
    mails.map(mail => mail.id),
  )
}

async function learn(trx: Db, services: Services, mails: Returned[]): Promise<void> {
  const read = mails.flatMap(mail => resolve(services, mail))
  await takeNews(
    trx,
    read.flatMap(({ news }) => news ?? []),
  )
  for (const { leaves } of read)
    if (leaves)
      await unsubscribe({ ...services, db: trx }, leaves, { way: 'mail', userAgent: null, ipHash: null })
}

type Read = { news: News | null; leaves: Subject | null }

/** What a mail tells about one of our messages; nothing where it names none, or one that was not sent from here. */
function resolve({ secrets, config, clock }: Services, mail: Returned): Read[] {
  const address = ownAddress(secrets, config.bounceDomain, mail.recipient)
  if (!address) return []
  const notice = readNotice(mail.raw)
  if (address.is === 'unsubscribe')
    return notice.kind === 'other' || notice.kind === 'opt-out'
      ? [{ news: null, leaves: address.subject }]
      : []
  const subject =
    address.is === 'return-path'
      ? address.subject
      : firstNamed(notice, id => messageNamed(secrets, config.bounceDomain, id))
  if (!subject || notice.kind === 'other') return []
  if (notice.kind === 'opt-out') return [{ news: null, leaves: subject }]
  const { kind, status, words } = notice
  const news = { ...subject, kind, status, words, source: 'listener', at: clock.now(), late: true }
  return [{ news, leaves: null }]
}

function firstNamed(notice: Notice, read: (id: string) => Subject | null): Subject | null {
  for (const id of notice.messageIds) {
    const subject = read(id)
    if (subject) return subject
  }
  return null
}
