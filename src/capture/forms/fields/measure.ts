import { z } from 'zod'
import { fieldKind, input, only } from '../kind.ts'
import { questionShape } from '../shape.ts'

const numberSchema = z.object({
  ...questionShape,
  type: z.literal('number'),
  default: z.number().min(-1e15).max(1e15).nullable(),
  min: z.number().min(-1e15).max(1e15).nullable(),
  max: z.number().min(-1e15).max(1e15).nullable(),
  isWhole: z.boolean(),
})

export const number = fieldKind<z.infer<typeof numberSchema>>({
  type: 'number',
  title: 'Number',
  schema: numberSchema,
  family: 'number',
  read(raw, { min, max, isWhole }) {
    const given = only(raw).replace(/^([+-]?\d+),(\d+)$/, '$1.$2')
    if (!/^[+-]?\d{1,15}(\.\d{1,15})?$/.test(given)) return { problem: 'noNumber' }
    const value = Number(given)
    if (isWhole && !Number.isInteger(value)) return { problem: 'notWhole' }
    if (min !== null && value < min) return { problem: 'tooSmall', about: String(min) }
    if (max !== null && value > max) return { problem: 'tooLarge', about: String(max) }
    return { value }
  },
  control: ({ isWhole }, control) =>
    input('text', control, ` inputmode="${isWhole ? 'numeric' : 'decimal'}" maxlength="40"`),
})

const day = z.iso.date()
const dateSchema = z.object({
  ...questionShape,
  type: z.literal('date'),
  default: day.or(z.literal('')),
  min: day.nullable(),
  max: day.nullable(),
})

/** A day of the calendar, like 2026-11-23. */
export const date = fieldKind<z.infer<typeof dateSchema>>({
  type: 'date',
  title: 'Date',
  schema: dateSchema,
  family: 'date',
  read(raw, { min, max }) {
    const value = only(raw)
    if (!day.safeParse(value).success || value < '1800' || value >= '9000') return { problem: 'noDate' }
    if (min !== null && value < min) return { problem: 'tooEarly', about: min }
    if (max !== null && value > max) return { problem: 'tooLate', about: max }
    return { value }
  },
  control: ({ min, max }, control) =>
    input('date', control, `${min ? ` min="${min}"` : ''}${max ? ` max="${max}"` : ''}`),
})
