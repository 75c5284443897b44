// Fills a form in so many times a second, as its script does: asks for it, then sends it. Every second address is new.
import { Agent } from 'undici'

export type FormOrder = { url: string; key: string; seconds: number; perSecond: number }
export type FormReport = {
  seconds: number
  answerMs: number[]
  /** By this machine's clock: the watcher sits in another process. */
  sent: { address: string; answeredAt: number }[]
}

async function fire({ url, key, seconds, perSecond }: FormOrder): Promise<FormReport> {
  const agent = new Agent({ connections: 16 })
  const report: FormReport = { seconds: 0, answerMs: [], sent: [] }
  const under: Promise<void>[] = []
  const began = performance.now()
  const headers = { 'content-type': 'application/json', 'user-agent': 'Mozilla/5.0 Firefox/140.0' }

  async function fill(turn: number): Promise<void> {
    const address = turn % 2 === 0 ? `new-${turn}@bench.example` : `known-${turn}@bench.example`
    const shown = await agent.request({ origin: url, path: `/v1/forms/${key}`, method: 'GET', headers })
    const { token } = (await shown.body.json()) as { token: string }
    const asked = performance.now()
    const answers = { email: address, first_name: 'Ann' }
    const answer = await agent.request({
      origin: url,
      path: `/v1/forms/${key}/submissions`,
      method: 'POST',
      headers,
      body: JSON.stringify({ token, answers }),
    })
    await answer.body.dump()
    if (answer.statusCode !== 200) throw new Error(`the street answered ${answer.statusCode}`)
    report.answerMs.push(performance.now() - asked)
    report.sent.push({ address, answeredAt: Date.now() })
  }

  // By the clock, not by the answers: a street that is late does not lower the rate.
  for (let turn = 0; performance.now() - began < seconds * 1000; ) {
    while ((turn * 1000) / perSecond <= performance.now() - began) under.push(fill(turn++))
    await new Promise(resolve => setTimeout(resolve, 5))
  }
  await Promise.all(under)
  await agent.close()
  return { ...report, seconds: (performance.now() - began) / 1000 }
}

process.on('message', (order: FormOrder) => {
  fire(order).then(
    report => process.send?.(report),
    (error: unknown) => {
      process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`)
      process.exit(1)
    },
  )
})
process.once('disconnect', () => process.exit(0))
