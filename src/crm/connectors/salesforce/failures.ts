import type { Failure, FailureKind } from '../../connector.ts'
import type { Answer, Said } from '../kit/http.ts'
import { asList, asObject, asText } from '../kit/values.ts'

/** Salesforce's codes, by the beginning of their name; what is not here is judged by the status. */
const kinds: [start: string, kind: FailureKind][] = [
  ['INVALID_SESSION_ID', 'auth'],
  ['INVALID_AUTH', 'auth'],
  ['REQUEST_LIMIT_EXCEEDED', 'throttle'],
  ['CONCURRENT_REQUESTS', 'throttle'],
  ['SERVER_UNAVAILABLE', 'transient'],
  ['QUERY_TIMEOUT', 'transient'],
  ['UNKNOWN_EXCEPTION', 'transient'],
  ['UNABLE_TO_LOCK_ROW', 'lock'],
  ['DUPLICATE', 'duplicate'],
  ['ENTITY_IS_DELETED', 'gone'],
  ['NOT_FOUND', 'gone'],
  ['INVALID_CROSS_REFERENCE_KEY', 'invalid'],
  ['CANNOT_UPDATE_CONVERTED_LEAD', 'conflict'],
  ['INSUFFICIENT_ACCESS', 'denied'],
  ['API_DISABLED', 'denied'],
  ['INVALID_FIELD', 'schema'],
  ['INVALID_TYPE', 'schema'],
]
const kindOf = (code: string): FailureKind | undefined => kinds.find(([start]) => code.startsWith(start))?.[1]

/** One error of Salesforce; `errorCode` of a call, `statusCode` of an element. */
function saidOf(given: unknown, type: string): Said & { kind?: FailureKind } {
  const error = asObject(given)
  const code = asText(error.errorCode) || asText(error.statusCode)
  const words = asText(error.message)
  const kind = kindOf(code)
  const named = asList(error.fields).map(asText).filter(Boolean)
  const [, column] = /No such column '(\w+)'/.exec(words) ?? []
  const existing = kind === 'duplicate' ? twins(error, words, type) : []
  const fields = named.length > 0 ? named : column ? [column] : []
  return { words, code, ...(kind ? { kind } : {}), fields, existing }
}

/** Which records are alike: matching rules list them, a unique field names one in its sentence. */
function twins(
  error: Record<string, unknown>,
  words: string,
  type: string,
): NonNullable<Failure['existing']> {
  // The API has it with that slip of the pen.
  const result = asObject(error.duplicateResult ?? error.duplicateResut)
  const records = asList(result.matchResults)
    .flatMap(each => asList(asObject(each).matchRecords))
    .map(each => asObject(asObject(each).record))
  const [, told = ''] = /record with id: (\w{15,18})/.exec(words) ?? []
  const found = records.map(record => ({
    type: asText(asObject(record.attributes).type) || type,
    id: fullId(asText(record.Id)),
  }))
  return [...found, { type, id: fullId(told) }].filter(ref => ref.id !== '')
}

/** Ids of 15 letters know upper from lower case; the three more of the long form say it again for those who do not. */
export function fullId(id: string): string {
  if (id.length !== 15) return id
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ012345'
  const tail = [0, 5, 10].map(start => {
    const bits = [0, 1, 2, 3, 4].filter(at => /[A-Z]/.test(id[start + at] ?? ''))
    return letters[bits.reduce((sum, at) => sum + 2 ** at, 0)]
  })
  return id + tail.join('')
}

/** A failed call: a list of errors, of which the first counts. */
export function readRefusal(answer: Answer): Said | null {
  if (answer.status < 300) return null
  return saidOf(asList(answer.json)[0], '')
}

/** One element of a collection that was refused. */
export function failureOf(row: unknown, type: string, sample: Answer['sample']): Failure {
  const [first] = asList(asObject(row).errors)
  const said = saidOf(first, type)
  return {
    kind: said.kind ?? 'invalid',
    words: said.words || 'Salesforce refused this record and did not say why.',
    ...(said.code ? { code: said.code } : {}),
    ...(said.fields?.length ? { fields: said.fields } : {}),
    ...(said.existing?.length ? { existing: said.existing } : {}),
    sample,
  }
}
