import { z } from 'zod'
import { fieldKind } from '../kind.ts'
import { commonShape, line, logicSchema } from '../shape.ts'

/** Types of files by what their first bytes say; none of them runs in a browser. */
export const fileTypes = {
  pdf: ['application/pdf'],
  image: ['image/png', 'image/jpeg', 'image/webp', 'image/gif'],
  document: [
    'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
    'application/vnd.oasis.opendocument.text',
    'application/rtf',
  ],
  sheet: [
    'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
    'application/vnd.oasis.opendocument.spreadsheet',
  ],
  slides: [
    'application/vnd.openxmlformats-officedocument.presentationml.presentation',
    'application/vnd.oasis.opendocument.presentation',
  ],
  archive: ['application/zip'],
} as const

const fileSchema = z.object({
  ...commonShape,
  type: z.literal('file'),
  required: z.boolean(),
  requireWhen: logicSchema.nullable(),
  error: line,
  accepts: z
    .array(z.enum(Object.keys(fileTypes) as [keyof typeof fileTypes, ...(keyof typeof fileTypes)[]]))
    .min(1),
  maxFiles: z.int().min(1).max(5),
  /** Megabytes per file. */
  maxMb: z.int().min(1).max(10),
})
export type FileField = z.infer<typeof fileSchema>

/** Files; what comes as text is never taken for one. The pipeline puts the ids of kept files in place of an answer. */
export const file = fieldKind<FileField>({
  type: 'file',
  title: 'File',
  schema: fileSchema,
  family: null,
  read: raw => ({ value: [...raw] }),
  control: (field, { id, name, attributes }) =>
    `<input type="file" id="${id}" name="${name}"${field.maxFiles > 1 ? ' multiple' : ''} accept="${field.accepts.flatMap(each => fileTypes[each]).join(',')}"${attributes}>`,
})
