import { gunzip } from 'node:zlib'
import { AppError } from '#platform/errors.ts'
import { maxBatchBytes } from './call.ts'

/** A gzip member of JSON text rarely shrinks below 1:50; beyond 1:100 it is a bomb. Small bodies are let off. */
const maxRatio = 100
const harmlessBytes = 64 * 1024

export function badBody(code: string, message: string): AppError {
  return new AppError(code, message, { status: 400 })
}

/**
 * The body as text. The declared content type says nothing here (RudderStack sends gzipped JSON as a form,
 * analytics-next sends text/plain), so gzip is recognised by its first two bytes as well as by the header.
 */
export async function readText(body: Buffer, encoding: string | undefined): Promise<string> {
  const named = (encoding ?? 'identity').trim().toLowerCase()
  if (!['identity', 'gzip', 'x-gzip', ''].includes(named))
    throw badBody(
      'unknown_encoding',
      `The content encoding "${named.slice(0, 40)}" is not known here; send gzip or none.`,
    )
  const zipped = body.length > 2 && body[0] === 0x1f && body[1] === 0x8b
  const plain = zipped ? await inflate(body) : body
  if (plain.length > maxBatchBytes) throw oversize()
  return plain.toString('utf8')
}

export function oversize(): AppError {
  return badBody('too_large', `A body may hold at most ${maxBatchBytes / 1024} KB.`)
}

function inflate(body: Buffer): Promise<Buffer> {
  const limit = Math.min(maxBatchBytes, Math.max(harmlessBytes, body.length * maxRatio))
  return new Promise((resolve, reject) => {
    gunzip(body, { maxOutputLength: limit }, (error, plain) => {
      if (!error) return resolve(plain)
      const bomb = 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE'
      reject(bomb ? oversize() : badBody('bad_gzip', 'The body says it is gzip, but it cannot be unpacked.'))
    })
  })
}
