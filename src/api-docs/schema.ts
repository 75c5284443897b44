export type Json = Record<string, unknown>
export const isJson = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : [])

/** HTML of a text. */
export function text(value: unknown): string {
  return String(value ?? '').replace(/[&<>"']/g, char => `&#${char.charCodeAt(0)};`)
}

/** Text with `code` between back-ticks. */
export function prose(value: unknown): string {
  return text(value).replace(/`([^`]+)`/g, '<code>$1</code>')
}

export const refName = (schema: Json): string | null =>
  typeof schema.$ref === 'string'
    ? (schema.$ref
        .split('/')
        .at(-1)
        ?.replace(/Input$/, '') ?? null)
    : null

/** Alternatives without null, which is told as "or null". */
function alternatives(schema: Json): { options: Json[]; nullable: boolean } {
  const all = [...list(schema.anyOf), ...list(schema.oneOf)].filter(isJson)
  const options = all.filter(option => option.type !== 'null')
  return { options, nullable: options.length < all.length }
}

/** A schema in a few words: "text", "list of numbers", "one of: draft, live". */
export function typeOf(schema: unknown): string {
  if (!isJson(schema)) return 'anything'
  const name = refName(schema)
  if (name) return `<a href="#schema-${text(name)}">${text(name)}</a>`
  const { options, nullable } = alternatives(schema)
  if (options.length > 0)
    return [...new Set(options.map(typeOf)), ...(nullable ? ['null'] : [])].join(' <i>or</i> ')
  if ('const' in schema) return `<code>${text(JSON.stringify(schema.const))}</code>`
  if (Array.isArray(schema.enum))
    return schema.enum.map(value => `<code>${text(String(value))}</code>`).join(' <i>or</i> ')
  if (Array.isArray(schema.type))
    return schema.type.map(type => typeOf({ ...schema, type })).join(' <i>or</i> ')
  if (schema.type === 'array') return `list of ${typeOf(schema.items)}`
  if (schema.type === 'object') return 'object'
  if (schema.type === 'string') return stringType(schema)
  return text(schema.type ?? 'anything')
}

function stringType(schema: Json): string {
  if (schema.format === 'date-time') return 'moment <small>(ISO 8601)</small>'
  if (schema.format === 'date') return 'day <small>(YYYY-MM-DD)</small>'
  return schema.pattern === '^\\d{1,19}$' ? 'id' : 'text'
}

/** The limits that a value must keep. */
function limitsOf(schema: Json): string {
  const { minLength, maxLength, minimum, maximum, minItems, maxItems } = schema
  const safe = Number.MAX_SAFE_INTEGER
  return [
    ...(maxLength === undefined
      ? []
      : [`${minLength ? `${minLength} to ` : 'up to '}${maxLength} characters`]),
    ...(typeof minimum === 'number' && minimum !== -safe ? [`from ${minimum}`] : []),
    ...(typeof maximum === 'number' && maximum !== safe ? [`up to ${maximum}`] : []),
    ...(minItems === undefined && maxItems === undefined
      ? []
      : [`${minItems ?? 0} to ${maxItems ?? 'many'} items`]),
    ...(schema.default === undefined ? [] : [`${JSON.stringify(schema.default)} if left out`]),
  ].join('; ')
}

const deepest = 6

/** A schema as rows: name, type, limits; what is inside is set in. */
export function tableOf(schema: unknown, options: { showRequired: boolean }): string {
  const rows = isJson(schema) ? rowsOf(schema, { ...options, depth: 0 }) : ''
  if (!rows) return `<p class="type">${typeOf(schema)}</p>`
  return `<table><tbody>${rows}</tbody></table>`
}

type Level = { showRequired: boolean; depth: number }

function rowsOf(schema: Json, level: Level): string {
  if (refName(schema) || level.depth > deepest) return ''
  const { options } = alternatives(schema)
  const inner = options.map(option => rowsOf(option, level)).join('')
  if (inner) return inner
  if (schema.type === 'array') return isJson(schema.items) ? rowsOf(schema.items, level) : ''
  if (!isJson(schema.properties)) return ''
  const required = new Set(list(schema.required))
  return Object.entries(schema.properties)
    .map(([name, value]) => rowOf(name, value, { ...level, required: required.has(name) }))
    .join('')
}

function rowOf(name: string, value: unknown, level: Level & { required: boolean }): string {
  const schema = isJson(value) ? value : {}
  const mark = level.showRequired && level.required ? ' <b title="must be given">*</b>' : ''
  const { options } = alternatives(schema)
  const notes = [
    limitsOf(options.length === 1 ? { ...schema, ...options[0] } : schema),
    prose(schema.description),
  ]
    .filter(Boolean)
    .join('. ')
  const own = `<tr><td class="d${level.depth}"><code>${text(name)}</code>${mark}</td><td>${typeOf(schema)}</td><td>${notes}</td></tr>`
  return own + rowsOf(schema, { showRequired: level.showRequired, depth: level.depth + 1 })
}

/** A value that the schema would take, for the example. */
export function exampleOf(schema: unknown, name = '', depth = 0): unknown {
  if (!isJson(schema) || depth > 4) return {}
  if ('const' in schema) return schema.const
  if (schema.default !== undefined) return schema.default
  if (Array.isArray(schema.enum)) return schema.enum[0]
  if (refName(schema)) return refName(schema)?.startsWith('Filter') ? exampleFilter : {}
  const { options } = alternatives(schema)
  if (options[0]) return exampleOf(options[0], name, depth)
  if (schema.type === 'array') return [exampleOf(schema.items, name.replace(/s$/, ''), depth + 1)]
  if (schema.type === 'object') return exampleObject(schema, depth)
  if (schema.type === 'boolean') return true
  if (schema.type === 'integer' || schema.type === 'number')
    return typeof schema.minimum === 'number' && schema.minimum > 1 ? schema.minimum : 1
  return schema.type === 'string' ? exampleText(schema, name) : null
}

const exampleFilter = { all: [{ type: 'field', field: 'country', op: 'is', value: 'DE' }] }

function exampleObject(schema: Json, depth: number): Json {
  const required = new Set(list(schema.required))
  const entries = Object.entries(isJson(schema.properties) ? schema.properties : {})
  const wanted = entries.filter(([key]) => required.has(key))
  const shown = wanted.length > 0 ? wanted : entries.slice(0, 3)
  return Object.fromEntries(shown.map(([key, value]) => [key, exampleOf(value, key, depth + 1)]))
}

function exampleText(schema: Json, name: string): string {
  if (schema.format === 'date-time') return '2027-01-31T09:00:00Z'
  if (schema.format === 'date') return '2027-01-31'
  if (schema.pattern === '^\\d{1,19}$' || /Id$/.test(name)) return '383144637939850040'
  if (/email|address/i.test(name)) return 'ann@example.org'
  if (/url/i.test(name)) return 'https://example.org'
  return name ? `${name} …` : 'text'
}
