import { type Logger, pino } from 'pino'

export type Log = Logger

/** JSON lines on stderr. Ids are logged, never addresses; what looks like a secret is masked. */
export function createLog(level: string): Log {
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
      base: null,
    },
    pino.destination(2),
  )
}
