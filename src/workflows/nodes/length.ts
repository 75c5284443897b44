import { z } from 'zod'

/** A length of time as people write it; at most ten years. */
export const lengthSchema = z
  .object({ amount: z.int().min(0).max(100_000), unit: z.enum(['minutes', 'hours', 'days', 'weeks']) })
  .refine(length => length.amount * hours[length.unit] <= 87_660, 'Ten years is the longest wait')
export type Length = z.infer<typeof lengthSchema>

const hours = { minutes: 1 / 60, hours: 1, days: 24, weeks: 168 } as const

/** "3 days", "1 hour". */
export function lengthWords(length: Length): string {
  return `${length.amount} ${length.amount === 1 ? length.unit.slice(0, -1) : length.unit}`
}
