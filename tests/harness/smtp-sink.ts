import { appendFileSync, existsSync, readFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { SMTPServer } from 'smtp-server'

/** `begunAt`: performance.now() when the body began to come in. */
export type Letter = { from: string; to: string; raw: Buffer; begunAt: number }

/** What the sink does with a recipient; left out, it takes the letter. */
export type Script = {
  /** A refusal of the recipient: `550 5.1.1 no such user`. */
  rcpt?: string
  /** The answer to the body, instead of 250. */
  data?: string
  /** Ends the connection after the body, without a word. */
  drop?: boolean
  /** Waits before it answers the body. */
  delayMs?: number
}

export type Sink = {
  url: string
  port: number
  letters: Letter[]
  /** Connections open at this moment, and the most there ever were. */
  connections(): { open: number; most: number }
  stop(): Promise<void>
}

/** A real SMTP server for tests. With `journal` a line per letter is on disk before it is acknowledged. */
export async function startSink(
  options: {
    script?: (to: string) => Script
    journal?: string
    delayMs?: number
    port?: number
    /** A letter has been taken, and its sender has not been told. */
    onLetter?: (letter: Letter) => void
  } = {},
): Promise<Sink> {
  const letters: Letter[] = []
  let open = 0
  let most = 0
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['AUTH'],
    logger: false,
    closeTimeout: 100,
    onConnect(_session, done) {
      open++
      most = Math.max(most, open)
      done()
    },
    onClose: () => void open--,
    onRcptTo({ address }, _session, done) {
      done(refusal(options.script?.(address)?.rcpt))
    },
    onData(stream, session, done) {
      const parts: Buffer[] = []
      const begunAt = performance.now()
      stream.on('data', (part: Buffer) => parts.push(part))
      stream.on('end', () => {
        const to = session.envelope.rcptTo[0]?.address ?? ''
        const from = session.envelope.mailFrom === false ? '' : session.envelope.mailFrom.address
        const script = options.script?.(to) ?? {}
        if (script.drop) return void closeAll(server)
        if (!script.data) {
          const letter = { from, to, raw: Buffer.concat(parts), begunAt }
          letters.push(letter)
          if (options.journal) appendFileSync(options.journal, `${to}\n`)
          options.onLetter?.(letter)
        }
        setTimeout(() => done(refusal(script.data)), script.delayMs ?? options.delayMs ?? 0)
      })
    },
  })
  server.on('error', () => undefined)
  await new Promise<void>(resolve => server.listen(options.port ?? 0, '127.0.0.1', resolve))
  const { port } = server.server.address() as AddressInfo
  return {
    url: `smtp://127.0.0.1:${port}`,
    port,
    letters,
    connections: () => ({ open, most }),
    stop: () => new Promise(resolve => server.close(() => resolve())),
  }
}

/** The recipients that a sink's journal names, in order. */
export function readSinkJournal(file: string): string[] {
  return existsSync(file) ? readFileSync(file, 'utf8').split('\n').filter(Boolean) : []
}

function refusal(answer: string | undefined): (Error & { responseCode: number }) | null {
  if (!answer) return null
  return Object.assign(new Error(answer.slice(4)), { responseCode: Number(answer.slice(0, 3)) })
}

/** Cuts the lines of everybody who is connected. */
function closeAll(server: SMTPServer): void {
  for (const connection of server.connections)
    (connection as { _socket: { destroy(): void } })._socket.destroy()
}
