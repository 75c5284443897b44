import { Liquid } from 'liquidjs'
import { limits, type Problem } from './protocol.ts'

/** What a template may use: everything else is unknown to it. There is no `raw`: values are always escaped. */
const allowedFilters = new Set(
  `abs append array_to_sentence_string at_least at_most capitalize ceil compact concat date date_to_long_string
  date_to_rfc822 date_to_string date_to_xmlschema default divided_by downcase escape_once first floor join last lstrip
  map minus modulo normalize_whitespace number_of_words plus prepend remove remove_first remove_last replace
  replace_first replace_last reverse round rstrip size slice slugify sort sort_natural split squish strip strip_html
  strip_newlines sum times truncate truncatewords uniq upcase uri_escape url_decode url_encode where`.split(
    /\s+/,
  ),
)
const allowedTags = new Set(
  'assign break capture case comment continue cycle decrement echo for if increment raw unless'.split(' '),
)

/**
 * An engine without files, includes or prototypes, with limits on parsing, time and memory. The limits catch the
 * clumsy; against the hostile there is the process around it (render/renderer.ts).
 */
export function createEngine(options: { escape: boolean }): Liquid {
  const engine = new Liquid({
    strictFilters: true,
    ownPropertyOnly: true,
    dynamicPartials: false,
    relativeReference: false,
    templates: {},
    parseLimit: limits.parse,
    renderLimit: limits.renderMs,
    memoryLimit: limits.memory,
    ...(options.escape ? { outputEscape: 'escape' as const } : {}),
  })
  for (const name of Object.keys(engine.filters)) if (!allowedFilters.has(name)) delete engine.filters[name]
  for (const name of Object.keys(engine.tags)) if (!allowedTags.has(name)) delete engine.tags[name]
  return engine
}

/** Line and plain words of an error of the template language. */
export function problemOf(error: unknown, path: Problem['path']): Problem {
  const text = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error)
  const place = /, line:(\d+)(?:, col:\d+)?/.exec(text)
  const words = text
    .replace(/, line:\d+(, col:\d+)?/, '')
    .replace(/^ENOENT.*/, 'Other files cannot be included')
    .replace(/^undefined filter: (\S+)$/, 'There is no filter “$1”')
    .replace(/^tag "?([^"]+?)"? not found$/, 'There is no tag “$1”')
    .replace(/^tag (.+) not closed$/, 'The tag $1 is never closed')
    .replace(/^output "?(.+?)"? not closed$/, 'The value $1 is never closed')
  return { path, line: place ? Number(place[1]) : null, message: words }
}

/** A range of literals that is too long to loop over: (1..9000000). Others run into the limits. */
export function longRange(text: string): Problem['line'] | undefined {
  for (const range of text.matchAll(/\(\s*(-?\d+)\s*\.\.\s*(-?\d+)\s*\)/g)) {
    if (Math.abs(Number(range[2]) - Number(range[1])) <= limits.rangeLength) continue
    return text.slice(0, range.index).split('\n').length
  }
  return undefined
}
