import type { AddressInfo } from 'node:net'
import { SMTPServer, type SMTPServerDataStream, type SMTPServerSession } from 'smtp-server'
import { AppError } from '#platform/errors.ts'
import type { Services } from '#platform/services.ts'
import { ownAddress } from './returns/addresses.ts'
import { countInbox, insertReturned } from './returns/inbox.sql.ts'
import { bounds } from './returns/mime.ts'

/** Machine times in milliseconds, sizes in bytes. */
export const listenerLimits = {
  /** More than this is refused; of what is taken the first 256 KB are kept. */
  mailBytes: 10 * 1024 * 1024,
  connections: 50,
  connectionsPerAddress: 10,
  idleMs: 60_000,
  sessionMs: 300_000,
  recipients: 20,
  /** Mails that may lie unread; beyond them senders are told to come back later. */
  backlog: 5_000,
}
/** The backlog is counted this often at most. */
const countEveryMs = 1_000

export type Listener = { port: number; close(): Promise<void> }

/**
 * Takes mail to our own return paths and to the addresses for reports, and none for anybody else: it is no relay, and
 * a token that was not made here is an unknown user. What it takes is in the database before it says so, unread.
 */
export async function listenForReturns(
  services: Services,
  given: Partial<typeof listenerLimits> = {},
): Promise<Listener> {
  const { config, log } = services
  const limits = { ...listenerLimits, ...given }
  const door = createDoor(services, limits)
  const server: SMTPServer = new SMTPServer({
    name: config.bounceDomain,
    banner: 'returned mail only',
    // Without a certificate of its own there is nothing to offer; a relay in front may.
    disabledCommands: ['AUTH', 'STARTTLS'],
    authOptional: true,
    disableReverseLookup: true,
    logger: false,
    size: limits.mailBytes,
    rejectOversized: true,
    maxClients: limits.connections,
    socketTimeout: limits.idleMs,
    closeTimeout: 2_000,
    onConnect(session, done) {
      const refusal = door.enter(session, () => cut(server, session.id))
      done(refusal)
    },
    onClose: session => door.leave(session),
    onMailFrom: (_address, _session, done) => void door.room().then(done, () => done(busy())),
    onRcptTo: ({ address }, session, done) => done(door.recipient(address, session)),
    onData: (stream, session, done) => void take(services, { stream, session, limits }).then(done),
  })
  server.on('error', error => log.debug({ err: error }, 'the bounce listener reports a problem'))
  await new Promise<void>((resolve, reject) => {
    server.server.once('error', error => reject(portTrouble(config.bouncePort, error)))
    server.listen(config.bouncePort ?? 0, config.host, resolve)
  })
  const address = server.server.address() as AddressInfo
  return {
    port: address.port,
    close: () => new Promise(resolve => server.close(() => resolve())),
  }
}

function portTrouble(port: number | null, cause: Error): Error {
  const isTaken = 'code' in cause && cause.code === 'EADDRINUSE'
  return isTaken
    ? new AppError('port_taken', `Port ${port} is taken: TEND_BOUNCE_PORT chooses another.`, { cause })
    : cause
}

type Refusal = Error & { responseCode: number }
const refuse = (responseCode: number, words: string): Refusal =>
  Object.assign(new Error(words), { responseCode })
const busy = () => refuse(451, '4.3.1 Come back later')

function cut(server: SMTPServer, id: string): void {
  for (const connection of server.connections) if (connection.session.id === id) connection.close()
}

/** Who may come in, and to whom he may write. */
function createDoor({ db, config, secrets }: Services, limits: typeof listenerLimits) {
  const perAddress = new Map<string, number>()
  const inside = new Map<string, { address: string; timer: NodeJS.Timeout }>()
  let counted = Number.NEGATIVE_INFINITY
  let isFull = false
  return {
    enter(session: SMTPServerSession, end: () => void): Refusal | null {
      const address = session.remoteAddress
      const n = (perAddress.get(address) ?? 0) + 1
      if (n > limits.connectionsPerAddress) return refuse(421, '4.7.0 Too many connections')
      perAddress.set(address, n)
      const timer = setTimeout(end, limits.sessionMs)
      timer.unref()
      inside.set(session.id, { address, timer })
      return null
    },
    leave(session: SMTPServerSession): void {
      const known = inside.get(session.id)
      if (!known) return
      clearTimeout(known.timer)
      inside.delete(session.id)
      const n = (perAddress.get(known.address) ?? 1) - 1
      if (n > 0) perAddress.set(known.address, n)
      else perAddress.delete(known.address)
    },
    async room(): Promise<Refusal | null> {
      if (performance.now() - counted > countEveryMs) {
        isFull = (await countInbox(db, limits.backlog)) >= limits.backlog
        counted = performance.now()
      }
      return isFull ? busy() : null
    },
    recipient(address: string, session: SMTPServerSession): Refusal | null {
      if (session.envelope.rcptTo.length >= limits.recipients) return refuse(452, '4.5.3 Too many recipients')
      return ownAddress(secrets, config.bounceDomain, address)
        ? null
        : refuse(550, '5.1.1 No such address here')
    },
  }
}

type Coming = { stream: SMTPServerDataStream; session: SMTPServerSession; limits: typeof listenerLimits }

/** Keeps the beginning, lets the rest go by, and answers when it is in the database. */
async function take(services: Services, { stream, session, limits }: Coming): Promise<Refusal | null> {
  const parts: Buffer[] = []
  let kept = 0
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      if (kept < bounds.bytes) parts.push(chunk)
      kept += chunk.length
      // Nobody writes ten megabytes in good faith and then goes on.
      if (kept > limits.mailBytes * 1.2) {
        stream.destroy()
        return refuse(552, '5.3.4 Too large')
      }
    }
    if (stream.sizeExceeded) return refuse(552, '5.3.4 Too large')
    await insertReturned(services.db, {
      recipients: session.envelope.rcptTo.map(({ address }) => address.toLowerCase()),
      raw: Buffer.concat(parts).subarray(0, bounds.bytes),
      now: services.clock.now(),
    })
    return null
  } catch (error) {
    services.log.warn({ err: error }, 'a mail that came back could not be kept; its sender will try again')
    return busy()
  }
}
