import { isIP } from 'node:net'
import { hostname } from 'node:os'
import SMTPConnection from 'nodemailer/lib/smtp-connection'
import type { Outcome } from './reply.ts'
import { type Letter, type Line, openLine } from './smtp-line.ts'

/** Connections to one mail server. */
export type Smtp = {
  /** How many letters can be on their way at once. */
  width: number
  /** `onBody` is called before the first byte of the body is written; where it says no, the line is cut instead. */
  send(letter: Letter, onBody: () => boolean): Promise<Outcome>
  close(): Promise<void>
}

export type SmtpOptions = {
  width: number
  perConnection: number
  idleMs: number
  connectMs: number
  replyMs: number
}
const defaults: SmtpOptions = {
  width: 10,
  perConnection: 100,
  idleMs: 30_000,
  connectMs: 15_000,
  replyMs: 600_000,
}

/** A server that does not answer RSET in this time is not worth waiting for. */
const resetMs = 5_000

type Pooled = { line: Line; sent: number; idle: NodeJS.Timeout | undefined }

/**
 * A small pool of lines that nodemailer opens: finding, securing and logging in is its work. Not its own pool: that
 * one puts a letter whose connection broke back into its queue by itself, and does not tell when a body begins,
 * which is what the journal is for. smtps:// is TLS from the start. smtp:// takes TLS where the server offers it, and
 * insists on it, with a valid certificate, where a password is to be sent to another machine.
 */
export function createSmtp(url: string, given: Partial<SmtpOptions> = {}): Smtp {
  const options = { ...defaults, ...given }
  const lines = createLines(url, options)
  return {
    width: options.width,
    async send(letter, onBody) {
      let pooled: Pooled
      try {
        pooled = await lines.next()
      } catch (error) {
        return brokenBy(error)
      }
      pooled.sent++
      const outcome = await pooled.line.send(letter, onBody)
      if (await isUsable(pooled.line, outcome)) lines.rest(pooled)
      else lines.leave(pooled)
      return outcome
    },
    async close() {
      lines.close()
    },
  }
}

/** Open lines, and those of them that are free. */
function createLines(url: string, options: SmtpOptions) {
  const free: Pooled[] = []
  const leave = ({ idle, line }: Pooled) => {
    clearTimeout(idle)
    line.quit()
  }
  return {
    leave,
    rest(pooled: Pooled) {
      if (pooled.sent >= options.perConnection) return leave(pooled)
      pooled.idle = setTimeout(() => {
        free.splice(free.indexOf(pooled), 1)
        leave(pooled)
      }, options.idleMs)
      pooled.idle.unref()
      free.push(pooled)
    },
    async next(): Promise<Pooled> {
      for (let pooled = free.pop(); pooled; pooled = free.pop()) {
        clearTimeout(pooled.idle)
        if (pooled.line.isOpen()) return pooled
      }
      return { line: await open(url, options), sent: 0, idle: undefined }
    },
    close() {
      for (const pooled of free.splice(0)) leave(pooled)
    },
  }
}

async function open(url: string, options: SmtpOptions): Promise<Line> {
  const address = new URL(url)
  const host = address.hostname.replace(/^\[|\]$/g, '')
  const secure = address.protocol === 'smtps:'
  const user = decodeURIComponent(address.username)
  const isHere = host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'))
  const insist = user !== '' && !isHere
  const connection = new SMTPConnection({
    host,
    port: Number(address.port || (secure ? 465 : 587)),
    secure,
    requireTLS: insist,
    opportunisticTLS: !insist,
    // Where TLS is only taken because it is offered, a certificate proves nothing that its absence would not.
    tls: { rejectUnauthorized: (secure || insist) && !isHere },
    connectionTimeout: options.connectMs,
    greetingTimeout: options.connectMs,
    socketTimeout: options.replyMs,
  })
  await new Promise<void>((resolve, reject) => {
    connection.once('error', reject)
    connection.connect(error => (error ? reject(error) : resolve()))
  })
  connection.removeAllListeners('error')
  connection.on('error', () => undefined)
  if (user !== '') await logIn(connection, address)
  const socket = connection._socket
  if (!socket) throw new Error('the connection ended')
  // From here on the conversation is ours: the library would take replies for its own.
  socket.removeAllListeners('data')
  socket.removeAllListeners('timeout')
  return openLine(socket, { name: hostname() || 'localhost', replyMs: options.replyMs })
}

async function logIn(connection: SMTPConnection, address: URL): Promise<void> {
  const user = decodeURIComponent(address.username)
  await new Promise<void>((resolve, reject) => {
    const pass = decodeURIComponent(address.password)
    connection.login({ user, pass, credentials: { user, pass } }, error =>
      error ? reject(error) : resolve(),
    )
  }).catch((error: unknown) => {
    connection.close()
    throw error
  })
}

/** After a refusal the session may stand in the middle of a transaction: RSET ends it, or the line is given up. */
function isUsable(line: Line, outcome: Outcome): Promise<boolean> {
  if (outcome.is === 'unfit') return Promise.resolve(line.isOpen())
  if (outcome.is !== 'reply' || outcome.code === 421) return Promise.resolve(false)
  return outcome.code < 300 ? Promise.resolve(line.isOpen()) : line.reset(resetMs)
}

/** What kept a line from being opened: trouble of the server, not of a letter. */
function brokenBy(error: unknown): Outcome {
  const text = error instanceof Error ? error.message : String(error)
  const { command } = (error ?? {}) as Record<string, unknown>
  const isLogin = typeof command === 'string' && command.startsWith('AUTH')
  return { is: 'broken', started: false, text, ...(isLogin ? { isLogin } : {}) }
}
