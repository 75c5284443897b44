// A load generator of its own process: keeps CONNECTIONS requests under way and reports what it saw.
import { Client } from 'undici'

export type Order = {
  url: string
  connections: number
  seconds: number
  users: number
  writeKey: string
  run: string
}
export type Report = { items: number; seconds: number; latenciesMs: number[]; failed: number }

const eventsPerBatch = 100
const names = ['Product Viewed', 'Article Read', 'Video Played', 'Cart Updated', 'Search Done']

/** The text between message ids is made once: the generator must cost less than what it measures. */
function pieces(users: number): string[] {
  return Array.from({ length: eventsPerBatch * 50 }, (_, i) => {
    const user = 1 + ((i * 7919 + Math.floor(Math.random() * users)) % users)
    const properties = {
      sku: `A-${i % 977}`,
      price: (i % 400) / 4,
      category: names[i % 5],
      first: i % 2 === 0,
    }
    const event = {
      type: 'track',
      event: names[i % 5],
      userId: `user-${user}`,
      timestamp: new Date().toISOString(),
      properties,
    }
    return JSON.stringify(event).slice(0, -1)
  })
}

async function fire(order: Order): Promise<Report> {
  const parts = pieces(order.users)
  const latenciesMs: number[] = []
  let failed = 0
  let sent = 0
  const began = performance.now()
  const until = began + order.seconds * 1000

  function nextBody(): string {
    const number = sent++
    const offset = (number * eventsPerBatch) % parts.length
    const batch = parts
      .slice(offset, offset + eventsPerBatch)
      .map((part, i) => `${part},"messageId":"${order.run}-${number}-${i}"}`)
    return `{"writeKey":"${order.writeKey}","sentAt":"${new Date().toISOString()}","batch":[${batch.join(',')}]}`
  }

  async function keepAsking(client: Client): Promise<void> {
    while (performance.now() < until) {
      const body = nextBody()
      const asked = performance.now()
      const { statusCode, body: answer } = await client.request({
        path: '/v1/batch',
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body,
      })
      await answer.dump()
      latenciesMs.push(performance.now() - asked)
      if (statusCode !== 200) failed++
    }
    await client.close()
  }

  await Promise.all(Array.from({ length: order.connections }, () => keepAsking(new Client(order.url))))
  const seconds = (performance.now() - began) / 1000
  return { items: (latenciesMs.length - failed) * eventsPerBatch, seconds, latenciesMs, failed }
}

process.on('message', (order: Order) => {
  fire(order).then(
    report => process.send?.(report),
    (error: unknown) => {
      process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`)
      process.exit(1)
    },
  )
})
process.once('disconnect', () => process.exit(0))
