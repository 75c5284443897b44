import type { NewEvent } from '#engine/reactor.ts'
import type { Source } from '../sources.ts'
import { type Call, isJson, type Json } from './call.ts'

const maxUrl = 2_048
const maxText = 500
/** Parts of the context that say nothing about the visitor or are stored elsewhere. */
const unkept = new Set(['traits', 'library', 'page', 'campaign', 'active', 'integrations', 'bot'])
const pageFields = new Set(['url', 'path', 'search', 'title', 'referrer', 'canonical', 'name'])

/** The ledger's event for a call, or null for the kinds that are told by what they change (identify, alias). */
export function eventOf(
  call: Call,
  origin: { contactId: string; source: Source; receivedAt: Date },
): NewEvent | null {
  const data = dataOf(call)
  if (!data) return null
  if (call.bot) data.bot = true
  return {
    contactId: origin.contactId,
    type: typeOf[call.kind] ?? call.kind,
    name: call.name,
    at: call.at,
    data,
    sourceId: origin.source.id,
    receivedAt: origin.receivedAt,
  }
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
  return { properties: call.fields, context: contextOf(call, pageOf(call)) }
}

/** A page view is flat, because segments ask for its parts; what a site adds itself stands under properties. */
function pageData(call: Call): Json {
  const page = pageOf(call) ?? {}
  const own = Object.entries(call.fields).filter(([name]) => !pageFields.has(name))
  return {
    ...page,
    ...(own.length > 0 ? { properties: Object.fromEntries(own) } : {}),
    ...(call.utm ? { utm: call.utm } : {}),
    ...(call.clickIds ? { clickIds: call.clickIds } : {}),
    context: contextOf(call, null),
  }
}

function contextOf(call: Call, page: Json | null): Json {
  const kept: Json = {}
  for (const name in call.context) if (!unkept.has(name)) kept[name] = call.context[name]
  if (page) kept.page = page
  if (page && call.utm) kept.utm = call.utm
  if (page && call.clickIds) kept.clickIds = call.clickIds
  return kept
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
