import { Client } from 'pg'
import { watchedSocket } from '#platform/db/pool.ts'
import type { Services } from '#platform/services.ts'

const againMs = 1_000
const pulseMs = 5_000

/**
 * Hears that pages have changed, in whatever process that was, and connects again when the line breaks. After every
 * connect it calls, too: what was said meanwhile is lost.
 */
export function hearPages(
  { databaseUrl, log }: Services,
  changed: () => void,
): { isHearing(): boolean; close(): Promise<void> } {
  let client: Client | null = null
  let hearing = false
  let closed = false
  let again: NodeJS.Timeout | undefined
  let pulse: NodeJS.Timeout | undefined
  const connect = () => {
    const fresh = new Client({
      connectionString: databaseUrl,
      application_name: 'tend pages',
      stream: () => watchedSocket(),
    })
    client = fresh
    let lost = false
    const lose = (error?: unknown) => {
      if (lost || closed) return
      lost = true
      hearing = false
      clearInterval(pulse)
      fresh.end().catch(() => undefined)
      log.warn(
        { err: error },
        'the street lost the line on which it hears of changed pages, connecting again',
      )
      again = setTimeout(connect, againMs)
      again.unref()
    }
    fresh.on('error', lose)
    fresh.on('end', () => lose())
    fresh.on('notification', changed)
    fresh
      .connect()
      .then(() => fresh.query('listen tend_pages'))
      .then(() => {
        hearing = true
        pulse = setInterval(() => fresh.query('select').catch(lose), pulseMs)
        pulse.unref()
        changed()
      })
      .catch(lose)
  }
  if (databaseUrl !== '') connect()
  return {
    isHearing: () => hearing,
    async close() {
      closed = true
      hearing = false
      clearTimeout(again)
      clearInterval(pulse)
      await client?.end().catch(() => undefined)
    },
  }
}
