import { AppError } from '#platform/errors.ts'

/** What one request wants written: `items` are handed to `write` together with those of other requests. */
export type Parcel<Item> = { items: Item[]; bytes: number }

export type GatherOptions<Item> = {
  /** Writes all items, or throws: then none of the requests in it is told that it was taken. */
  write(items: Item[]): Promise<void>
  /** How long the first request of a batch waits for others while a batch is under way, ms; else it goes at once. */
  delayMs: number
  /** A batch this big goes at once. */
  batchItems: number
  /** Batches under way at the same time. */
  writers: number
  /** Beyond these, waiting and being written together, requests are refused: memory is bounded. */
  capItems: number
  capBytes: number
}

export type Gatherer<Item> = {
  /** Resolves once the items are written; 429 when there is too much waiting. */
  add(parcel: Parcel<Item>): Promise<void>
  /** Items accepted and not yet written. */
  waiting(): number
  /** Writes what is waiting and takes nothing more. */
  stop(): Promise<void>
}

type Waiting<Item> = Parcel<Item> & { done(): void; failed(error: unknown): void }

/**
 * Group commit: concurrent requests share a transaction, so the cost of statements and of the disk's
 * confirmation is paid once. While all writers are busy the batch grows, which is what makes it keep up.
 */
export function createGatherer<Item>(options: GatherOptions<Item>): Gatherer<Item> {
  let queue: Waiting<Item>[] = []
  let queuedItems = 0
  let heldItems = 0
  let heldBytes = 0
  let timer: NodeJS.Timeout | null = null
  let due = false
  let soon = false
  let stopped = false
  const writing = new Set<Promise<void>>()

  function takeBatch(): Waiting<Item>[] {
    let count = 0
    let size = 0
    // A parcel is never split: its request is answered by one transaction.
    while (
      size < queue.length &&
      (count === 0 || count + (queue[size]?.items.length ?? 0) <= options.batchItems)
    ) {
      count += queue[size]?.items.length ?? 0
      size++
    }
    const batch = queue.slice(0, size)
    queue = queue.slice(size)
    queuedItems -= count
    return batch
  }

  async function writeBatch(batch: Waiting<Item>[]): Promise<void> {
    try {
      await options.write(batch.flatMap(parcel => parcel.items))
      for (const parcel of batch) parcel.done()
    } catch (error) {
      for (const parcel of batch) parcel.failed(error)
    } finally {
      for (const parcel of batch) {
        heldItems -= parcel.items.length
        heldBytes -= parcel.bytes
      }
    }
  }

  function pump(): void {
    while (queue.length > 0 && writing.size < options.writers && (due || queuedItems >= options.batchItems)) {
      const writes: Promise<void> = writeBatch(takeBatch()).then(() => {
        writing.delete(writes)
        pump()
      })
      writing.add(writes)
      if (queue.length === 0) due = false
    }
    if (queue.length === 0 || due) return
    if (writing.size === 0) ringSoon()
    else timer ??= setTimeout(ring, options.delayMs)
  }

  function ring(): void {
    if (timer) clearTimeout(timer)
    timer = null
    due = queue.length > 0
    pump()
  }

  /** Waiting for company gains nothing while the database idles: only what has arrived already comes along. */
  function ringSoon(): void {
    if (soon) return
    soon = true
    setImmediate(() => {
      soon = false
      ring()
    })
  }

  return {
    add(parcel) {
      if (stopped) return Promise.reject(stopping())
      if (heldItems + parcel.items.length > options.capItems || heldBytes + parcel.bytes > options.capBytes)
        return Promise.reject(overload())
      heldItems += parcel.items.length
      heldBytes += parcel.bytes
      queuedItems += parcel.items.length
      return new Promise((done, failed) => {
        queue.push({ ...parcel, done, failed })
        pump()
      })
    },
    waiting: () => heldItems,
    async stop() {
      stopped = true
      if (timer) clearTimeout(timer)
      ring()
      while (writing.size > 0) await Promise.all(writing)
    },
  }
}

function overload(): AppError {
  return new AppError('overload', 'Too many events are waiting to be written; send this again in a moment.', {
    status: 429,
    detail: { retryAfterSeconds: 1 },
  })
}

function stopping(): AppError {
  return new AppError('unavailable', 'This server is stopping; send this again in a moment.', {
    status: 503,
    detail: { retryAfterSeconds: 1 },
  })
}
