import { isIP } from 'node:net'
import { Readable } from 'node:stream'
import SMTPConnection from 'nodemailer/lib/smtp-connection'
import type { Outcome } from './reply.ts'

export type Letter = { from: string; to: string; raw: Buffer }

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

type Line = { connection: SMTPConnection; sent: number; idle: NodeJS.Timeout | undefined }

/**
 * A small pool over nodemailer's SMTP conversation. Not its own pool: that one puts a letter whose connection
 * broke back into its queue by itself, and does not tell when a body begins, which is what the journal is for.
 * smtps:// is TLS from the start. smtp:// takes TLS where the server offers it, and insists on it, with a valid
 * certificate, where a password is to be sent to another machine.
 */
export function createSmtp(url: string, given: Partial<SmtpOptions> = {}): Smtp {
  const options = { ...defaults, ...given }
  const lines = createLines(url, options)
  return {
    width: options.width,
    async send(letter, onBody) {
      let line: Line
      try {
        line = await lines.next()
      } catch (error) {
        return brokenBy(error, false)
      }
      line.sent++
      const outcome = await deliver(line.connection, letter, onBody)
      if (await isUsable(line.connection, outcome)) lines.rest(line)
      else lines.leave(line)
      return outcome
    },
    async close() {
      lines.close()
    },
  }
}

/** Open connections, and those of them that are free. */
function createLines(url: string, options: SmtpOptions) {
  const free: Line[] = []
  const lines = new Set<Line>()
  const leave = (line: Line) => {
    clearTimeout(line.idle)
    lines.delete(line)
    line.connection.close()
  }
  return {
    leave,
    rest(line: Line) {
      if (!lines.has(line) || line.sent >= options.perConnection) return leave(line)
      line.idle = setTimeout(() => {
        free.splice(free.indexOf(line), 1)
        leave(line)
      }, options.idleMs)
      line.idle.unref()
      free.push(line)
    },
    async next(): Promise<Line> {
      for (let line = free.pop(); line; line = free.pop()) {
        clearTimeout(line.idle)
        if (lines.has(line)) return line
      }
      const line: Line = { connection: await open(url, options), sent: 0, idle: undefined }
      lines.add(line)
      line.connection.on('error', () => lines.delete(line))
      line.connection.on('end', () => lines.delete(line))
      return line
    },
    close() {
      for (const line of [...lines]) {
        clearTimeout(line.idle)
        line.connection.quit()
      }
      lines.clear()
      free.length = 0
    },
  }
}

async function open(url: string, options: SmtpOptions): Promise<SMTPConnection> {
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
  if (user === '') return connection
  await new Promise<void>((resolve, reject) => {
    const pass = decodeURIComponent(address.password)
    connection.login({ user, pass, credentials: { user, pass } }, error =>
      error ? reject(error) : resolve(),
    )
  }).catch((error: unknown) => {
    connection.close()
    throw error
  })
  return connection
}

function deliver(
  connection: SMTPConnection,
  { from, to, raw }: Letter,
  onBody: () => boolean,
): Promise<Outcome> {
  return new Promise(resolve => {
    let started = false
    const gone = () => resolve({ is: 'broken', started, text: 'the connection ended' })
    const body = new Readable({
      read() {
        // The server has answered DATA with 354: from here on it may have the letter.
        if (!started && !onBody()) {
          // Time ran out while the envelope went over (the process was frozen): the line is cut before the body.
          connection.off('end', gone)
          connection.close()
          return resolve({ is: 'broken', started: false, text: 'its time was over before the body began' })
        }
        started = true
        this.push(raw)
        this.push(null)
      },
    })
    connection.once('end', gone)
    connection.send({ from, to: [to], size: raw.length }, body, (error, info) => {
      connection.off('end', gone)
      if (error) return resolve(brokenBy(error, started))
      const text = info?.response ?? ''
      resolve({ is: 'reply', code: Number(/^\d{3}/.exec(text)?.[0] ?? 250), text })
    })
  })
}

/** After a refusal the session may stand in the middle of a transaction: RSET ends it, or the line is given up. */
function isUsable(connection: SMTPConnection, outcome: Outcome): Promise<boolean> {
  if (outcome.is !== 'reply' || outcome.code === 421) return Promise.resolve(false)
  if (outcome.code < 300) return Promise.resolve(true)
  return new Promise(resolve => {
    const timer = setTimeout(() => resolve(false), resetMs)
    connection.reset(error => {
      clearTimeout(timer)
      resolve(!error)
    })
  })
}

/** A reply code where the server gave one; otherwise the conversation broke. */
function brokenBy(error: unknown, started: boolean): Outcome {
  const text = error instanceof Error ? error.message : String(error)
  const { responseCode, response, command, code } = (error ?? {}) as Record<string, unknown>
  const isLogin = typeof command === 'string' && command.startsWith('AUTH')
  if (isLogin) return { is: 'broken', started: false, text, isLogin }
  // A 4xx or 5xx before there was a session is about the server, not about the letter.
  const isGreeting = command === 'CONN' || command === 'EHLO' || command === 'HELO' || command === 'STARTTLS'
  if (typeof responseCode === 'number' && !isGreeting)
    return { is: 'reply', code: responseCode, text: typeof response === 'string' ? response : text }
  // Refused by the library itself: an address that this server cannot take (no SMTPUTF8), a letter too large.
  if (!started && (code === 'EENVELOPE' || code === 'EMESSAGE')) return { is: 'unfit', text, again: false }
  return { is: 'broken', started, text }
}
