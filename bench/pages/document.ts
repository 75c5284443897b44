import type { PageDocument } from '#capture/pages/document.ts'
import { templates } from '#capture/pages/templates.ts'

/** The template of the trial without its form: a page of usual length. */
export function benchDocument(): PageDocument {
  const document = structuredClone(templates.find(each => each.key === 'trial')?.document)
  if (!document) throw new Error('there is no such template')
  for (const section of document.sections)
    section.blocks = section.blocks.filter(block => block.type !== 'form')
  return document
}
