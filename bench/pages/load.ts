// Asks for a page over kept connections, in a process of its own: as fast as it is answered, or so many a second.
import { connect, type Socket } from 'node:net'

export type Order = {
  port: number
  path: string
  connections: number
  seconds: number
  perSecond: number | null
}
export type Report = { answered: number; failed: number; latenciesMs: number[] }

const agents = 1_000

function requestOf(path: string, turn: number): string {
  const agent = `Mozilla/5.0 (X11; Linux x86_64; rv:${turn % agents}.0) Firefox/${turn % agents}.0`
  return `GET ${path} HTTP/1.1\r\nhost: 127.0.0.1\r\nuser-agent: ${agent}\r\naccept: text/html\r\naccept-encoding: gzip, deflate, br\r\n\r\n`
}

/** One connection that knows when its answer is complete. */
class Line {
  readonly #socket: Socket
  #left = -1
  #head = ''
  #done: ((ok: boolean) => void) | null = null
  #ok = true

  constructor(socket: Socket) {
    this.#socket = socket
    socket.setNoDelay(true)
    socket.on('data', chunk => this.#read(chunk))
    socket.on('error', () => this.#finish(false))
    socket.on('close', () => this.#finish(false))
  }

  ask(text: string): Promise<boolean> {
    return new Promise(resolve => {
      this.#done = resolve
      this.#socket.write(text)
    })
  }

  #read(chunk: Buffer): void {
    let rest = chunk.length
    if (this.#left === -1) {
      this.#head += chunk.toString('latin1')
      const end = this.#head.indexOf('\r\n\r\n')
      if (end === -1) return
      const length = Number(/\r\ncontent-length: (\d+)/i.exec(this.#head)?.[1] ?? 'NaN')
      this.#ok = this.#head.startsWith('HTTP/1.1 200') && length >= 0
      this.#left = length
      rest = this.#head.length - end - 4
      this.#head = ''
    }
    this.#left -= rest
    if (this.#left <= 0 || !this.#ok) this.#finish(this.#ok)
  }

  #finish(ok: boolean): void {
    this.#left = -1
    const done = this.#done
    this.#done = null
    done?.(ok)
  }

  close(): void {
    this.#socket.destroy()
  }
}

async function carryOut({ port, path, connections, seconds, perSecond }: Order): Promise<Report> {
  const lines = await Promise.all(
    Array.from(
      { length: connections },
      () =>
        new Promise<Line>(resolve => {
          const socket = connect(port, '127.0.0.1', () => resolve(new Line(socket)))
        }),
    ),
  )
  const report: Report = { answered: 0, failed: 0, latenciesMs: [] }
  const began = performance.now()
  const end = began + seconds * 1000
  let turn = 0
  await Promise.all(
    lines.map(async line => {
      while (performance.now() < end) {
        const mine = turn++
        // The moment at which it was to be asked counts, not the one at which a connection was free.
        const due = perSecond === null ? performance.now() : began + (mine * 1000) / perSecond
        if (due > end) break
        const wait = due - performance.now()
        if (wait > 0) await new Promise(resolve => setTimeout(resolve, wait))
        if (!(await line.ask(requestOf(path, mine)))) {
          report.failed++
          break
        }
        report.answered++
        if (perSecond !== null) report.latenciesMs.push(performance.now() - due)
      }
    }),
  )
  for (const line of lines) line.close()
  return report
}

process.on('message', (order: Order) => void carryOut(order).then(report => process.send?.(report)))
