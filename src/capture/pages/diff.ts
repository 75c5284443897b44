import type { Block } from './blocks.ts'
import type { PageDocument, Section } from './document.ts'
import { variantsOf } from './walk.ts'

export type Change = {
  /** `setting`, `section` or `block`. */
  kind: 'setting' | 'section' | 'block'
  change: 'added' | 'removed' | 'changed' | 'moved'
  /** Which variant it stands in; null for settings. */
  variant: string | null
  id: string
  /** What people recognise it by. */
  label: string
  fields: { name: string; before: string | null; after: string | null }[]
}

type Piece = {
  kind: 'section' | 'block'
  variant: string
  id: string
  label: string
  place: string
  fields: Map<string, string>
}

/** What is different between two documents, in the order of the newer one, what is gone last. */
export function diffDocuments(before: PageDocument, after: PageDocument): Change[] {
  const settings = fieldsOf({ ...before.settings, test: { ...before.test, alternatives: undefined } })
  const newer = fieldsOf({ ...after.settings, test: { ...after.test, alternatives: undefined } })
  const changed = differences(settings, newer).map(field => ({
    kind: 'setting' as const,
    change: 'changed' as const,
    variant: null,
    id: field.name,
    label: field.name,
    fields: [field],
  }))
  return [...changed, ...diffPieces(piecesOf(before), piecesOf(after))]
}

function diffPieces(before: Piece[], after: Piece[]): Change[] {
  const keyOf = (piece: Piece) => `${piece.variant} ${piece.kind} ${piece.id}`
  const old = new Map(before.map(piece => [keyOf(piece), piece]))
  const there = new Set(after.map(keyOf))
  const said = after.flatMap(piece => {
    const was = old.get(keyOf(piece))
    if (!was) return [change(piece, 'added', [])]
    const fields = differences(was.fields, piece.fields)
    if (fields.length > 0) return [change(piece, 'changed', fields)]
    return was.place === piece.place ? [] : [change(piece, 'moved', [])]
  })
  return [
    ...said,
    ...before.filter(piece => !there.has(keyOf(piece))).map(piece => change(piece, 'removed', [])),
  ]
}

function change(
  { kind, variant, id, label }: Piece,
  what: Change['change'],
  fields: Change['fields'],
): Change {
  return { kind, change: what, variant, id, label, fields }
}

function piecesOf(document: PageDocument): Piece[] {
  return variantsOf(document).flatMap(({ key, sections }) =>
    sections.flatMap((section, at) => ofSection(section, key, `${at}`)),
  )
}

function ofSection(section: Section, variant: string, place: string): Piece[] {
  const { blocks, id, name, ...rest } = section
  const own = {
    kind: 'section' as const,
    variant,
    id,
    label: name || 'Section',
    place,
    fields: fieldsOf({ name, ...rest }),
  }
  return [own, ...blocks.flatMap((block, at) => ofBlock(block, variant, `${id} ${at}`))]
}

function ofBlock(block: Block, variant: string, place: string): Piece[] {
  const { id, ...rest } = block
  const shown = rest.type === 'columns' ? { ...rest, columns: rest.columns.length } : rest
  const own = { kind: 'block' as const, variant, id, label: labelOf(block), place, fields: fieldsOf(shown) }
  if (block.type !== 'columns') return [own]
  const inner = block.columns.flatMap((column, c) =>
    column.blocks.flatMap((each, at) => ofBlock(each, variant, `${id} ${c} ${at}`)),
  )
  return [own, ...inner]
}

function labelOf(block: Block): string {
  const words = block.type === 'hero' ? block.heading : block.type === 'button' ? block.label : ''
  return words === '' ? block.type : `${block.type}: ${words}`
}

function fieldsOf(thing: Record<string, unknown>): Map<string, string> {
  return new Map(
    Object.entries(thing).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, typeof value === 'string' ? value : JSON.stringify(value)] as const],
    ),
  )
}

/** Long values are cut: the change is what matters. */
const short = (text: string | undefined) => (text === undefined ? null : text.slice(0, 2_000))

function differences(before: Map<string, string>, after: Map<string, string>): Change['fields'] {
  return [...new Set([...after.keys(), ...before.keys()])]
    .filter(name => !sameJson(before.get(name), after.get(name)))
    .map(name => ({ name, before: short(before.get(name)), after: short(after.get(name)) }))
}

/** jsonb keeps keys in an order of its own. */
function sameJson(a: string | undefined, b: string | undefined): boolean {
  if (a === b) return true
  if (!a?.startsWith('{') && !a?.startsWith('[')) return false
  return b !== undefined && sorted(a) === sorted(b)
}

function sorted(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), (_key, value) =>
      value && typeof value === 'object' && !Array.isArray(value)
        ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
        : value,
    )
  } catch {
    return text
  }
}
