// Sends 500 events a second in requests of ten, and remembers when the answer to each event that matters came.
import { Agent } from 'undici'

export type LatencyOrder = { url: string; writeKey: string; seconds: number; users: number }
export type LatencyReport = {
  events: number
  seconds: number
  intakeMs: number[]
  /** By this machine's clock: the watcher sits in another process. */
  triggers: { user: number; answeredAt: number }[]
}

const perRequest = 10
const everyMs = 20

async function fire({ url, writeKey, seconds, users }: LatencyOrder): Promise<LatencyReport> {
  const agent = new Agent({ connections: 16 })
  const intakeMs: number[] = []
  const triggers: LatencyReport['triggers'] = []
  const under: Promise<void>[] = []
  const began = performance.now()
  let number = 0

  async function send(turn: number): Promise<void> {
    const people = Array.from(
      { length: perRequest },
      (_, i) => 1 + (((turn * perRequest + i) * 7919) % users),
    )
    const batch = people.map((user, i) => ({
      type: 'track',
      event: i % 5 === 0 ? `Signal ${(turn + i) % 20}` : 'Product Viewed',
      userId: `user-${user}`,
      messageId: `latency-${turn}-${i}`,
      properties: { sku: `A-${user % 977}`, price: 12.5 },
    }))
    const asked = performance.now()
    const body = JSON.stringify({ writeKey, sentAt: new Date().toISOString(), batch })
    const headers = { 'content-type': 'application/json' }
    const answer = await agent.request({ origin: url, path: '/v1/batch', method: 'POST', headers, body })
    await answer.body.dump()
    if (answer.statusCode !== 200) throw new Error(`the street answered ${answer.statusCode}`)
    intakeMs.push(performance.now() - asked)
    const answeredAt = Date.now()
    people.forEach((user, i) => {
      if (i % 5 === 0) triggers.push({ user, answeredAt })
    })
  }

  // By the clock, not by the answers: a street that is late does not lower the rate.
  while (performance.now() - began < seconds * 1000) {
    while (number * everyMs <= performance.now() - began) under.push(send(number++))
    await new Promise(resolve => setTimeout(resolve, everyMs / 2))
  }
  await Promise.all(under)
  await agent.close()
  return { events: number * perRequest, seconds: (performance.now() - began) / 1000, intakeMs, triggers }
}

process.on('message', (order: LatencyOrder) => {
  fire(order).then(
    report => process.send?.(report),
    (error: unknown) => {
      process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`)
      process.exit(1)
    },
  )
})
process.once('disconnect', () => process.exit(0))
