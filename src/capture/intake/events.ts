import { messageKey } from '#activity/record.ts'
import type { NewEvent } from '#engine/reactor.ts'
import { type Arrival, type Call, isJson, type Json } from './call.ts'
import { clean } from './depth.ts'
import type { Recognised } from './item.ts'

const maxUrl = 2_048
const maxText = 500
/** Parts of the context that say nothing about the visitor or are stored elsewhere; and his machine's address. */
const unkept = new Set(['ip', 'traits', 'library', 'page', 'campaign', 'active', 'integrations', 'bot'])
const pageFields = new Set(['url', 'path', 'search', 'title', 'referrer', 'canonical', 'name'])

/**
 * Step 8: what will be stored is written out at once, and what it was made of is let go. While calls wait for
 * their transaction a few strings are kept instead of trees of objects: a third of the work of this process was
 * carrying them through garbage collections.
 */
export function writeOut(arrival: Arrival): Arrival {
  for (const call of arrival.calls) {
    call.key = call.messageId === null ? null : messageKey(arrival.source?.id ?? null, call.messageId)
    call.text = textOf(call)
    if (call.kind !== 'identify' && call.kind !== 'group') call.fields = nothing
    call.context = nothing
    call.original = null
    call.sentAt = null
    call.utm = null
    call.clickIds = null
  }
  return arrival
}

const nothing: Json = Object.freeze({})
/** Escapes that jsonb refuses; the body was cleaned, but percent-encoding in an address can bring them back. */
const troublesome = /\\u(?:0000|d[89a-f])/i

function textOf(call: Call): string | null {
  const data = dataOf(call)
  if (!data) return null
  if (call.bot) data.bot = true
  const text = JSON.stringify(data)
  return troublesome.test(text) ? JSON.stringify(clean(data)) : text
}

/** The ledger's event for a call, if it makes one. */
export function eventOf({ call, contactId, source, receivedAt }: Recognised): NewEvent | null {
  if (call.text === null) return null
  const type = typeOf[call.kind] ?? call.kind
  return { contactId, type, name: call.name, at: call.at, text: call.text, sourceId: source.id, receivedAt }
}

const typeOf: Partial<Record<Call['kind'], string>> = {
  track: 'event.tracked',
  page: 'page.viewed',
  screen: 'screen.viewed',
  group: 'group.joined',
}

function dataOf(call: Call): Json | null {
  if (call.kind === 'page') return pageData(call)
  if (call.kind === 'group') return { groupId: call.groupId, traits: call.fields }
  if (call.kind === 'identify' || call.kind === 'alias') return null
  return withContext({ properties: call.fields }, call, 'page' in call.context ? pageOf(call) : null)
}

/** A page view is flat, because segments ask for its parts; what a site adds itself stands under properties. */
function pageData(call: Call): Json {
  const page = pageOf(call) ?? {}
  const own = Object.entries(call.fields).filter(([name]) => !pageFields.has(name))
  const data = {
    ...page,
    ...(own.length > 0 ? { properties: Object.fromEntries(own) } : {}),
    ...(call.utm ? { utm: call.utm } : {}),
    ...(call.clickIds ? { clickIds: call.clickIds } : {}),
  }
  return withContext(data, call, null)
}

function withContext(data: Json, call: Call, page: Json | null): Json {
  const kept: Json = {}
  for (const name in call.context) if (!unkept.has(name)) kept[name] = call.context[name]
  if (page) kept.page = page
  if (page && call.utm) kept.utm = call.utm
  if (page && call.clickIds) kept.clickIds = call.clickIds
  for (const _name in kept) {
    data.context = kept
    break
  }
  return data
}

/** Address, path, search, title and referrer: from the properties of a page call, else from the context. */
function pageOf(call: Call): Json | null {
  const own = call.kind === 'page' ? call.fields : {}
  const around = isJson(call.context.page) ? call.context.page : {}
  const url = cut(own.url ?? around.url, maxUrl)
  const parsed = url && URL.canParse(url) ? new URL(url) : null
  const page: Json = {}
  if (url) page.url = withoutPassword(url, parsed)
  const path = cut(own.path ?? around.path, maxUrl) ?? parsed?.pathname
  if (path) page.path = path
  if (parsed?.host) page.host = parsed.host
  const search = cut(own.search ?? around.search, maxUrl) ?? parsed?.search
  if (search) page.search = search
  const title = cut(own.title ?? around.title, maxText)
  if (title) page.title = title
  const referrer = cut(own.referrer ?? around.referrer, maxUrl)
  if (referrer) page.referrer = referrer
  return Object.keys(page).length > 0 ? page : null
}

function withoutPassword(url: string, parsed: URL | null): string {
  if (!parsed?.username && !parsed?.password) return url
  return url.replace(/^([a-z]+:\/\/)[^/@]*@/i, '$1')
}

/** At most `length` characters, never half a surrogate pair; undefined for what is no text or empty. */
function cut(value: unknown, length: number): string | undefined {
  if (typeof value !== 'string' || value === '') return undefined
  return value.length > length ? value.slice(0, length).toWellFormed() : value
}
