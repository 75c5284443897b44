import assert from 'node:assert/strict'
import { after, before, mock, test } from 'node:test'
import { AppError } from '#platform/errors.ts'
import { createGatherer, type GatherOptions } from './gather.ts'
import { writeIsolating } from './isolate.ts'

/** A database whose writes end when the test says so. */
function slowWriter() {
  const writes: { items: number[]; end(): void; fail(error: Error): void }[] = []
  const write = (items: number[]) =>
    new Promise<void>((end, fail) => {
      writes.push({ items, end, fail })
    })
  return { writes, write }
}

function gather(given: Partial<GatherOptions<number>> & Pick<GatherOptions<number>, 'write'>) {
  return createGatherer<number>({
    delayMs: 1,
    batchItems: 10,
    writers: 2,
    capItems: 20,
    capBytes: 1000,
    ...given,
  })
}
/** Some time passes, with whatever the event loop had put off until then and what follows from it. */
const turn = async () => {
  for (let n = 0; n < 4; n++) {
    mock.timers.tick(1)
    for (let follow = 0; follow < 10; follow++) await Promise.resolve()
  }
}
before(() => mock.timers.enable({ apis: ['setTimeout', 'setImmediate'] }))
after(() => mock.timers.reset())

test('requests of one moment are written together and answered after the write', async () => {
  const { writes, write } = slowWriter()
  const gatherer = gather({ write })
  let answered = 0
  const all = [[1, 2], [3], [4]].map(items => gatherer.add({ items, bytes: 1 }).then(() => answered++))
  await turn()
  assert.deepEqual(
    writes.map(one => one.items),
    [[1, 2, 3, 4]],
  )
  assert.equal(answered, 0)
  writes[0]?.end()
  await Promise.all(all)
  assert.equal(gatherer.waiting(), 0)
})

test('a full batch goes at once, requests are not split, and no more writers run than allowed', async () => {
  const { writes, write } = slowWriter()
  const gatherer = gather({ write, delayMs: 60_000, writers: 1 })
  const six = [1, 2, 3, 4, 5, 6]
  const all = [six, six, six].map(items => gatherer.add({ items, bytes: 1 }))
  const sizes = () => writes.map(one => one.items.length)
  assert.deepEqual(sizes(), [6])
  writes[0]?.end()
  await all[0]
  await turn()
  assert.deepEqual(sizes(), [6, 6])
  writes[1]?.end()
  await all[1]
  await turn()
  const stopped = gatherer.stop()
  writes[2]?.end()
  await Promise.all([...all, stopped])
})

test('too many waiting items or bytes are refused with 429', async () => {
  const { writes, write } = slowWriter()
  const gatherer = gather({ write })
  const overloaded = (error: unknown) => error instanceof AppError && error.status === 429
  const first = gatherer.add({ items: Array.from({ length: 19 }, (_, i) => i), bytes: 1 })
  await assert.rejects(gatherer.add({ items: [1, 2], bytes: 1 }), overloaded)
  await assert.rejects(gatherer.add({ items: [1], bytes: 1000 }), overloaded)
  await turn()
  writes[0]?.end()
  await first
  const again = gatherer.add({ items: [1, 2], bytes: 1000 })
  await turn()
  writes[1]?.end()
  await again
})

test('a failed write fails the requests in it and no others', async () => {
  const { writes, write } = slowWriter()
  const gatherer = gather({ write })
  const bad = gatherer.add({ items: [1], bytes: 1 })
  await turn()
  const good = gatherer.add({ items: [2], bytes: 1 })
  await turn()
  writes[0]?.fail(new Error('lost'))
  writes[1]?.end()
  await assert.rejects(bad, /lost/)
  await good
})

test('stopping writes what is waiting and refuses what comes after', async () => {
  const { writes, write } = slowWriter()
  const gatherer = gather({ write, delayMs: 60_000 })
  const waiting = gatherer.add({ items: [1], bytes: 1 })
  const stopped = gatherer.stop()
  writes[0]?.end()
  await Promise.all([waiting, stopped])
  await assert.rejects(
    gatherer.add({ items: [2], bytes: 1 }),
    (error: unknown) => error instanceof AppError && error.status === 503,
  )
})

const dataError = () => Object.assign(new Error('invalid'), { code: '22P02' })

test('a poisonous item is found by halving and its neighbours are written', async () => {
  const written: number[] = []
  const poison = await writeIsolating([1, 2, 3, 4, 5, 6, 7], async items => {
    if (items.includes(5)) throw dataError()
    written.push(...items)
  })
  assert.deepEqual(
    poison.map(one => one.item),
    [5],
  )
  assert.deepEqual(written, [1, 2, 3, 4, 6, 7])
})

test('a database that is away is nobody’s poison, and neither is a broken statement', async () => {
  for (const code of ['ECONNREFUSED', 'EPIPE', '57P01', '40P01', '42703']) {
    let tries = 0
    const failing = writeIsolating([1, 2, 3, 4], async () => {
      tries++
      throw Object.assign(new Error('away'), { code })
    })
    await assert.rejects(failing, /away/)
    assert.equal(tries, 1)
  }
})

test('when everything of a large batch fails, nothing is called poison', async () => {
  const failing = writeIsolating(
    Array.from({ length: 16 }, (_, i) => i),
    async () => {
      throw dataError()
    },
  )
  await assert.rejects(failing, /invalid/)
})
