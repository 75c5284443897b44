import { type Arrival, type Call, isJson, type Json } from './call.ts'

const utmNames = {
  source: 'source',
  medium: 'medium',
  name: 'campaign',
  campaign: 'campaign',
  term: 'term',
  content: 'content',
}
const clickIdNames = ['gclid', 'gbraid', 'wbraid', 'fbclid', 'msclkid', 'li_fat_id', 'ttclid']
const worthReading = new RegExp(`[?&](?:utm_|${clickIdNames.join('=|')}=)`)
const maxLength = 300

/**
 * Step 6: campaign parameters, from context.campaign or else from the page's address. Segment's browser SDK
 * leaves click ids in the address only, so it is read here, not in the browser.
 */
export function readCampaign(arrival: Arrival): Arrival {
  for (const call of arrival.calls) {
    if (isJson(call.context.campaign)) call.utm = fromContext(call.context.campaign)
    const search = searchOf(call)
    if (!search || !worthReading.test(search)) continue
    const query = new URLSearchParams(search.slice(search.indexOf('?') + 1).replace(/#.*$/, ''))
    call.utm ??= fromQuery(query)
    call.clickIds = pick(clickIdNames.map(name => [name, query.get(name)]))
  }
  return arrival
}

function searchOf(call: Call): string | null {
  const page = isJson(call.context.page) ? call.context.page : {}
  const own = call.kind === 'page' ? call.fields : {}
  for (const value of [own.search, own.url, page.search, page.url])
    if (typeof value === 'string' && value.includes('?')) return value.slice(0, 4_096)
  return null
}

function fromContext(campaign: Json): Json | null {
  return pick(Object.entries(utmNames).map(([from, to]) => [to, campaign[from]]))
}

function fromQuery(query: URLSearchParams): Json | null {
  const names = ['source', 'medium', 'campaign', 'term', 'content']
  return pick(names.map(name => [name, query.get(`utm_${name}`)]))
}

/** The named texts that are there, or null when there is none. */
function pick(pairs: [string, unknown][]): Json | null {
  const there = pairs.filter(
    (pair): pair is [string, string] => typeof pair[1] === 'string' && pair[1] !== '',
  )
  if (there.length === 0) return null
  return Object.fromEntries(there.map(([name, value]) => [name, value.slice(0, maxLength).toWellFormed()]))
}
