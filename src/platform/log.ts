import { type DestinationStream, type Logger, pino } from 'pino'

export type Log = Logger

/** Anything that looks like somebody's address, also where an `@` came out of a URL. */
const address = /[^\s"'<>(),:;=\\/]{1,64}(?:@|%40)[^\s"'<>(),:;\\/]+\.[A-Za-z]{2,}/g

/** Only these of an error: the database's own errors repeat in other properties the values they are about. */
function shownError(error: unknown): unknown {
  if (!(error instanceof Error)) return { type: typeof error, message: messageOf(String(error), undefined) }
  const code = 'code' in error ? error.code : undefined
  const { name, stack = '', cause } = error
  const message = messageOf(error.message, code)
  const frames = stack.slice(Math.max(0, stack.indexOf('\n    at ')))
  return {
    type: name,
    message,
    ...(code === undefined ? {} : { code }),
    stack: `${name}: ${message}${frames}`,
    ...(cause === undefined ? {} : { cause: shownError(cause) }),
  }
}

/** PostgreSQL quotes what it cannot read (class 22) and the key that is there already (class 23). */
function messageOf(message: string, code: unknown): string {
  const quotes = typeof code === 'string' && /^2[23]/.test(code)
  return (quotes ? message.replace(/: ".*$/s, ': [value]') : message).slice(0, 2_000)
}

/** JSON lines on stderr. Ids are logged, never addresses; what looks like a secret is masked. */
export function createLog(level: string, to: DestinationStream = pino.destination(2)): Log {
  return pino(
    {
      level,
      redact: {
        paths: [
          'password',
          'token',
          'authorization',
          '*.password',
          '*.token',
          '*.authorization',
          'headers.cookie',
          'email',
          '*.email',
        ],
        censor: '[hidden]',
      },
      serializers: { err: shownError },
      // The last word before a line leaves: whoever wrote an address into a message did not mean to.
      hooks: { streamWrite: line => (/@|%40/.test(line) ? line.replace(address, '[address]') : line) },
      base: null,
    },
    to,
  )
}
