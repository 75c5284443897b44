import { z } from 'zod'
import type { CommonField, Kind } from '../kind.ts'
import { checkbox, consent } from './agree.ts'
import { country, multiSelect, radio, select } from './choice.ts'
import { file } from './file.ts'
import { html } from './html.ts'
import { date, number } from './measure.ts'
import { email, phone } from './reach.ts'
import { hidden, longText, text, url } from './text.ts'

const plugs = [
  text,
  longText,
  email,
  phone,
  number,
  date,
  select,
  multiSelect,
  radio,
  checkbox,
  country,
  url,
  hidden,
  consent,
  file,
  html,
] as const

/** Every type of field there is; a page break is where the next step begins. */
export const fieldKinds = plugs as unknown as readonly Kind[]

type Plug = (typeof plugs)[number]
export type FormField = z.infer<Plug['schema']>

const schemas = plugs.map(plug => plug.schema) as unknown as [z.ZodObject<{ type: z.ZodLiteral<string> }>]
export const fieldSchema = z
  .discriminatedUnion('type', schemas)
  .meta({ id: 'FormField' }) as unknown as z.ZodType<FormField>

const byType = new Map(fieldKinds.map(kind => [kind.type, kind]))

/** The plug of a field. */
export function kindOf(field: CommonField): Kind {
  const kind = byType.get(field.type)
  if (!kind) throw new Error(`no type of field: ${field.type}`)
  return kind
}
