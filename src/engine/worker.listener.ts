import { Client } from 'pg'
import { watchedSocket } from '#platform/db/pool.ts'
import type { Log } from '#platform/log.ts'

const pulseMs = 5_000

export type Listener = {
  /** False while the connection is lost: then the caller has to look for itself. */
  isHearing(): boolean
  close(): Promise<void>
}

/**
 * Hears NOTIFY on a connection of its own, and connects again when it breaks. After every connect `onGap` is
 * called: what was said meanwhile is lost.
 */
export function createListener(input: {
  url: string
  log: Log
  channels: readonly string[]
  hear(channel: string, payload: string): void
  onGap(): void
}): Listener {
  let client: Client | null = null
  let hearing = false
  let closed = false
  let again: NodeJS.Timeout | undefined
  let pulse: NodeJS.Timeout | undefined
  const retry = (error: unknown) => {
    hearing = false
    if (closed) return
    input.log.warn({ err: error }, 'the engine lost its listening connection, connecting again')
    clearTimeout(again)
    again = setTimeout(connect, 1000)
  }
  const connect = () => {
    const fresh = new Client({
      connectionString: input.url,
      application_name: 'tend engine',
      stream: () => watchedSocket(),
    })
    client = fresh
    // One report is enough: `error` and `end` both come when a connection breaks.
    let lost = false
    const onLoss = (error?: unknown) => {
      if (lost || closed) return
      lost = true
      fresh.end().catch(() => undefined)
      retry(error)
    }
    fresh.on('error', onLoss)
    fresh.on('end', () => onLoss())
    fresh.on('notification', message => input.hear(message.channel, message.payload ?? ''))
    fresh
      .connect()
      .then(() => fresh.query(input.channels.map(channel => `listen ${channel}`).join('; ')))
      .then(() => {
        hearing = true
        clearInterval(pulse)
        // Nothing said for long is usual here: a question now and then tells a quiet line from a dead one.
        pulse = setInterval(() => fresh.query('select').catch(onLoss), pulseMs)
        input.onGap()
      })
      .catch(onLoss)
  }
  connect()
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
