import { type Call, type CallKind, callKinds, isJson, type Json } from './call.ts'

export type Problem = { reason: string; detail: string }
/** A call, a problem, or both: a call may be kept although a part of it was left out. */
export type Outcome = { call?: Call; problem?: Problem }
/** What the events of a batch have in common. */
type Shared = { context: Json; sentAt: Date | null }

const maxIdLength = 255
const maxNameLength = 200

/**
 * Ids that a program sends when it has none. Taking them would make one contact of everybody.
 * The list follows what PostHog refuses for the same reason.
 */
const meaninglessIds = new Set(
  [
    '',
    '0',
    'anonymous',
    'guest',
    'distinctid',
    'distinct_id',
    'id',
    'not_authenticated',
    'email',
    'undefined',
  ]
    .concat([
      'null',
      'nil',
      'nan',
      'none',
      'true',
      'false',
      'unknown',
      '[object object]',
      'user',
      'user_id',
      'userid',
    ])
    .concat(['00000000-0000-0000-0000-000000000000']),
)

/** Checks the shape of one call of the Segment specification. `kind` is null where the call names its type itself. */
export function readCall(raw: unknown, kind: CallKind | null, shared: Shared): Outcome {
  if (!isJson(raw)) return refuse('not_an_object', 'An event must be a JSON object.')
  const type = kind ?? callKinds.find(known => known === raw.type)
  if (!type) return refuse('unknown_type', `The type must be one of ${callKinds.join(', ')}.`)
  const fields = fieldsOf(raw, type)
  if (!fields) return refuse('bad_properties', 'Traits and properties must be objects.')
  const call = blankCall(type, raw, { fields, shared })
  return checkIds(call, raw) ?? checkNames(call, raw) ?? checkEmail(call)
}

function blankCall(kind: CallKind, raw: Json, given: { fields: Json; shared: Shared }): Call {
  const { shared } = given
  const context = isJson(raw.context) ? { ...shared.context, ...raw.context } : shared.context
  return {
    kind,
    messageId: readId(raw.messageId),
    userId: readId(raw.userId),
    anonymousId: readId(raw.anonymousId),
    email: emailOf(kind, given.fields, context),
    previousId: readId(raw.previousId),
    groupId: readId(raw.groupId),
    name: nameOf(kind, raw),
    fields: given.fields,
    context,
    original: readTime(raw.originalTimestamp ?? raw.timestamp),
    sentAt: raw.sentAt === undefined ? shared.sentAt : readTime(raw.sentAt),
    at: new Date(0),
    bot: false,
    utm: null,
    clickIds: null,
    key: null,
    text: null,
  }
}

function fieldsOf(raw: Json, kind: CallKind): Json | null {
  const given = kind === 'identify' || kind === 'group' ? raw.traits : raw.properties
  if (given === undefined || given === null) return {}
  return isJson(given) ? given : null
}

function emailOf(kind: CallKind, fields: Json, context: Json): string | null {
  const traits = kind === 'identify' ? fields : context.traits
  if (!isJson(traits) || typeof traits.email !== 'string') return null
  return traits.email.trim() || null
}

function nameOf(kind: CallKind, raw: Json): string | null {
  const given = kind === 'track' ? raw.event : kind === 'page' || kind === 'screen' ? raw.name : null
  return typeof given === 'string' && given.trim() !== '' ? given.trim() : null
}

function checkIds(call: Call, raw: Json): Outcome | null {
  for (const name of ['userId', 'anonymousId', 'previousId', 'groupId'] as const) {
    const id = call[name]
    if (id !== null && id.length > maxIdLength)
      return refuse('id_too_long', `${name} is longer than ${maxIdLength} characters.`)
    if (name !== 'groupId' && isMeaningless(id))
      return refuse('meaningless_id', `${name} "${id}" is a placeholder, not somebody's id.`)
    if (id === null && raw[name] !== undefined && raw[name] !== null && raw[name] !== '')
      return refuse('bad_id', `${name} must be a text or a number.`)
  }
  if (call.messageId !== null && call.messageId.length > maxIdLength)
    return refuse('id_too_long', `messageId is longer than ${maxIdLength} characters.`)
  if (!call.userId && !call.anonymousId && !call.email && call.kind !== 'alias')
    return refuse('no_identity', 'One of userId and anonymousId is needed.')
  return null
}

function isMeaningless(id: string | null): boolean {
  return id !== null && id.length <= 36 && meaninglessIds.has(id.toLowerCase())
}

function checkNames(call: Call, raw: Json): Outcome | null {
  if (call.kind === 'track' && call.name === null)
    return refuse('no_event_name', 'A track call needs "event".')
  if (call.name !== null && call.name.length > maxNameLength)
    return refuse('name_too_long', `The name is longer than ${maxNameLength} characters.`)
  if (call.kind === 'group' && call.groupId === null)
    return refuse('no_group_id', 'A group call needs "groupId".')
  if (call.kind === 'alias' && (call.previousId === null || call.userId === null))
    return refuse('no_previous_id', `An alias call needs "previousId" and "userId".`)
  return raw.name !== undefined && call.kind === 'page' && raw.name !== null && typeof raw.name !== 'string'
    ? refuse('bad_name', 'The name of a page must be a text.')
    : null
}

/** An address that cannot be one is left out, and said so; the rest of the call is kept if it names somebody. */
function checkEmail(call: Call): Outcome {
  const bad = call.email !== null && !looksLikeAddress(call.email)
  const given = call.kind === 'identify' ? call.fields.email : undefined
  const odd = given !== undefined && given !== null && typeof given !== 'string'
  if (!bad && !odd) return { call }
  const problem = { reason: 'bad_email', detail: 'traits.email is not an email address; it was left out.' }
  if (!call.userId && !call.anonymousId) return { problem }
  const { email: _left, ...fields } = call.fields
  return { call: { ...call, email: null, fields: call.kind === 'identify' ? fields : call.fields }, problem }
}

/** Only what no mail server could ever take is refused here; normalising belongs to the audience. */
function looksLikeAddress(text: string): boolean {
  return (
    text.length <= 254 &&
    /^[^\s@<>(),;:"\\\p{Cc}]{1,64}@[^\s@<>(),;:"\\\p{Cc}]+\.[^\s@<>(),;:"\\\p{Cc}.]{2,}$/u.test(text)
  )
}

function readId(value: unknown): string | null {
  if (typeof value === 'string') return value.trim() || null
  return typeof value === 'number' && Number.isFinite(value) ? String(value) : null
}

/** ISO 8601 text, or milliseconds since 1970. Anything else counts as no time at all. */
export function readTime(value: unknown): Date | null {
  if (typeof value === 'string' && !/^\d{4}-\d{2}-\d{2}/.test(value)) return null
  if (typeof value !== 'string' && typeof value !== 'number') return null
  const time = new Date(value)
  return Number.isNaN(time.getTime()) ? null : time
}

function refuse(reason: string, detail: string): Outcome {
  return { problem: { reason, detail } }
}
