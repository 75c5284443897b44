import type { Failure, FailureKind } from '../../connector.ts'
import { byStatus, type Said } from '../kit/http.ts'
import { asObject, asText } from '../kit/values.ts'
import type { Part } from './batch.ts'

/**
 * Codes of Dataverse that say more than their status.
 * https://learn.microsoft.com/power-apps/developer/data-platform/reference/web-service-error-codes
 */
const kinds: Record<string, FailureKind> = {
  '0x80072560': 'auth', // no user of this environment
  '0x80040225': 'auth', // the user is disabled
  '0x80072322': 'throttle', // requests in five minutes
  '0x80072321': 'throttle', // execution time in five minutes
  '0x80072326': 'throttle', // requests at once
  '0x80040220': 'denied',
  '0x80048306': 'denied',
  '0x80040217': 'gone',
  '0x80060891': 'gone', // no record with this alternate key
  '0x80060882': 'conflict', // the ETag is not the one that is there
  '0x80040333': 'duplicate', // a rule of duplicate detection
  '0x80060892': 'duplicate', // an alternate key
  '0x80040237': 'duplicate', // a primary key
  '0x80044151': 'lock', // waited too long for the database: smaller batches help
  '0x80044150': 'lock', // chosen as the victim of a deadlock
  '0x80040203': 'invalid',
  '0x80040265': 'invalid', // a rule of the company, in a plug-in
  '0x80044331': 'invalid',
  '0x80044352': 'gone', // a delta link that is too old
}

const unknown =
  /Could not find a property named '(\w+)'|Invalid property '(\w+)'|undeclared property '(\w+)'|Resource not found for the segment '(\w+)'/
const about = /'(\w+)' attribute|attribute '(\w+)'|property '(\w+)'/gi

/** An error of a call or of an element of a batch: `{error: {code, message}}`. */
export function saidOf(body: unknown, status: number): Said & { kind: FailureKind } {
  const error = asObject(asObject(body).error)
  const words = asText(error.message)
  const code = asText(error.code).toLowerCase()
  const missing = unknown.exec(words)
  const kind = missing ? 'schema' : (kinds[code] ?? byStatus(status))
  const named = missing ? missing.slice(1) : [...words.matchAll(about)].flatMap(match => match.slice(1))
  const fields = [...new Set(named.filter(Boolean))]
  return { kind, words, ...(code ? { code } : {}), ...(fields.length > 0 ? { fields } : {}) }
}

/** What became of an element of a batch that was refused. */
export function failureOf(part: Part): Failure {
  const { kind, words, code, fields } = saidOf(part.json, part.status)
  const seconds = Number(part.headers['retry-after'] ?? 60)
  return {
    kind,
    words: words || `Dataverse answered with status ${part.status}.`,
    code: code ?? String(part.status),
    ...(fields ? { fields } : {}),
    ...(kind === 'throttle' ? { retryAfterMs: (Number.isFinite(seconds) ? seconds : 60) * 1000 } : {}),
    sample: part.sample,
  }
}
