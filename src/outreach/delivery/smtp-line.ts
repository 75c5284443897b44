import type { Socket } from 'node:net'
import { domainToASCII } from 'node:url'
import type { Outcome } from './reply.ts'

export type Letter = { from: string; to: string; raw: Buffer }
type Reply = { code: number; text: string }

/** One connection on which letters are handed over, after it was opened, secured and logged in. */
export type Line = {
  /** `onBody` is called before the first byte of the body is written; where it says no, the line is cut instead. */
  send(letter: Letter, onBody: () => boolean): Promise<Outcome>
  /** Ends what a refusal left open; false where the line can be used no more. */
  reset(timeoutMs: number): Promise<boolean>
  isOpen(): boolean
  /** Takes leave; nothing may be under way. */
  quit(): void
}

/** No server says more than this in one reply. */
const mostReplyChars = 65_536

/**
 * Speaks the part of SMTP that every letter goes through (RFC 5321): the library that opens connections scans
 * every body byte by byte in a stream and takes three round trips, which costs more than all the rest of sending.
 * The envelope goes in one write where the server offers it (RFC 2920). Begins with an EHLO of its own, to learn
 * what the server can.
 */
export async function openLine(socket: Socket, options: { name: string; replyMs: number }): Promise<Line> {
  const talk = converse(socket, options.replyMs)
  const hello = await talk.ask([`EHLO ${options.name}`])
  const can = capabilities(hello[0]?.text ?? '')
  return {
    async send(letter, onBody) {
      const envelope = envelopeOf(letter, can)
      if (typeof envelope === 'string') return { is: 'unfit', text: envelope, again: false }
      let started = false
      try {
        const refusal = await handOver(talk, { envelope, pipelined: can.has('PIPELINING') })
        if (refusal) return { is: 'reply', ...refusal }
        // The server has answered DATA with 354: from here on it may have the letter.
        if (!onBody()) {
          talk.end('its time was over before the body began')
          return { is: 'broken', started, text: 'its time was over before the body began' }
        }
        started = true
        return { is: 'reply', ...(await talk.tell(bodyOf(letter.raw))) }
      } catch (error) {
        return { is: 'broken', started, text: error instanceof Error ? error.message : String(error) }
      }
    },
    async reset(timeoutMs) {
      const timer = setTimeout(() => talk.end('RSET was not answered'), timeoutMs)
      const replies = await talk.ask(['RSET']).catch(() => [])
      clearTimeout(timer)
      return replies[0]?.code === 250
    },
    isOpen: talk.isOpen,
    quit() {
      if (talk.isOpen()) socket.end('QUIT\r\n')
      talk.end('it was closed')
    },
  }
}

/** Extensions by name, each with its parameters. */
function capabilities(hello: string): Map<string, string> {
  const lines = hello.split('\n').slice(1)
  return new Map(
    lines.map(line => {
      const [name = '', ...rest] = line.slice(4).trim().split(/\s+/)
      return [name.toUpperCase(), rest.join(' ')]
    }),
  )
}

/** The commands of an envelope, or why this server cannot have it. */
function envelopeOf({ from, to, raw }: Letter, can: Map<string, string>): string[] | string {
  const [sender, recipient] = [from, to].map(asciiDomain)
  // The sender may be nobody (RFC 5321, section 4.5.5), the recipient not.
  if (!recipient) return 'there is no recipient'
  for (const address of [sender, recipient])
    if (/[\p{Cc}<>]/u.test(address ?? '')) return `“${(address ?? '').slice(0, 100)}” is no address`
  const isForeign = /[^\0-\x7f]/.test(`${sender}${recipient}`)
  if (isForeign && !can.has('SMTPUTF8'))
    return 'the mail server takes no addresses with letters beyond a to z'
  const most = Number(can.get('SIZE') || 0)
  if (most > 0 && raw.length > most) return `the mail server takes no letters above ${most} bytes`
  const size = can.has('SIZE') ? ` SIZE=${raw.length}` : ''
  return [`MAIL FROM:<${sender}>${size}${isForeign ? ' SMTPUTF8' : ''}`, `RCPT TO:<${recipient}>`, 'DATA']
}

/** A domain of other scripts is written in ASCII (RFC 5890); what is before the @ is the server's matter. */
function asciiDomain(address: string): string {
  const at = address.lastIndexOf('@')
  const domain = address.slice(at + 1)
  return /[^\0-\x7f]/.test(domain) ? `${address.slice(0, at + 1)}${domainToASCII(domain) || domain}` : address
}

/** Null once the server waits for the body; else its refusal. */
async function handOver(
  talk: Conversation,
  { envelope, pipelined }: { envelope: string[]; pipelined: boolean },
): Promise<Reply | null> {
  const replies: Reply[] = []
  if (pipelined) replies.push(...(await talk.ask(envelope)))
  else
    for (const command of envelope) {
      replies.push(...(await talk.ask([command])))
      if ((replies.at(-1)?.code ?? 500) >= 400) break
    }
  const refusal = replies.find(reply => reply.code >= 400)
  // A server that takes the body of a letter that it refused gets an empty one, and no answer to it counts.
  if (refusal && replies[2]?.code === 354) await talk.ask(['.'])
  if (!refusal && replies[2]?.code !== 354) throw new Error('the server does not keep to the protocol')
  return refusal ?? null
}

const lineEnd = Buffer.from('\r\n')
const lastDot = Buffer.from('.\r\n')

/** With its end, and with dots doubled that would be taken for it (RFC 5321, section 4.5.2). */
function bodyOf(raw: Buffer): Buffer[] {
  const hasDots = raw[0] === 0x2e || raw.includes('\r\n.')
  const safe = hasDots ? Buffer.from(raw.toString('latin1').replace(/(^|\r\n)\./g, '$1..'), 'latin1') : raw
  return safe.subarray(-2).equals(lineEnd) ? [safe, lastDot] : [safe, lineEnd, lastDot]
}

type Conversation = {
  /** Writes all commands at once; one reply for each. */
  ask(commands: string[]): Promise<Reply[]>
  /** Writes a body; the reply to it. */
  tell(body: Buffer[]): Promise<Reply>
  isOpen(): boolean
  end(why: string): void
}

type Waiting = { done(reply: Reply): void; failed(error: Error): void }

function converse(socket: Socket, replyMs: number): Conversation {
  const waiting: Waiting[] = []
  let ended: Error | null = null
  const end = (why: string) => {
    ended ??= new Error(why)
    for (const each of waiting.splice(0)) each.failed(ended)
    if (!socket.writableEnded) socket.destroy()
  }
  const hear = readReplies(reply => {
    const next = waiting.shift()
    if (next) next.done(reply)
    else end(`the server took leave: ${reply.text.slice(0, 200)}`)
  }, end)
  socket.setTimeout(replyMs, () => end('the server does not answer'))
  socket.on('data', (part: Buffer) => hear(part.toString()))
  socket.on('close', () => end('the connection ended'))
  socket.on('end', () => end('the connection ended'))
  socket.on('error', error => end(error.message))
  const nextReply = () =>
    new Promise<Reply>((done, failed) => {
      if (ended) failed(ended)
      else waiting.push({ done, failed })
    })
  return {
    ask(commands) {
      const replies = commands.map(nextReply)
      if (!ended) socket.write(commands.map(command => `${command}\r\n`).join(''))
      return Promise.all(replies)
    },
    tell(body) {
      const reply = nextReply()
      socket.cork()
      for (const part of body) socket.write(part)
      socket.uncork()
      return reply
    },
    isOpen: () => ended === null,
    end,
  }
}

/** Puts the lines of a reply together: `250-` goes on, `250 ` ends it. */
function readReplies(take: (reply: Reply) => void, fail: (why: string) => void): (text: string) => void {
  let kept = ''
  let lines: string[] = []
  return text => {
    kept += text
    if (kept.length + lines.length > mostReplyChars) return fail('the server says too much')
    for (let at = kept.indexOf('\n'); at >= 0; at = kept.indexOf('\n')) {
      const line = kept.slice(0, at).trimEnd()
      kept = kept.slice(at + 1)
      const [, code, sign] = /^(\d{3})([ -]?)/.exec(line) ?? []
      if (code === undefined) return fail('the server does not keep to the protocol')
      lines.push(line)
      if (sign === '-') continue
      take({ code: Number(code), text: lines.join('\n') })
      lines = []
    }
  }
}
