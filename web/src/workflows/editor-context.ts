import { createContext, useContext } from 'react'
import type { Language } from '@/decisions/filter'
import type { Definition, Placed, Slot } from './definition'
import type { Kind } from './kinds'
import type { Counts, Problem } from './workflow'

/** The trigger's place among what can be chosen: no step can be called so. */
export const trigger = '@trigger'

/** What the parts of the editor share. */
export type EditorParts = {
  workflowId: string
  definition: Definition
  change(definition: Definition): void
  selected: string | null
  /** `andGo` brings it into sight and focus. */
  select(id: string | null, andGo?: boolean): void
  /** Steps in the order in which they are read. */
  order: string[]
  kinds: Kind[]
  language: Language
  sentences: { trigger: string; steps: Record<string, string> }
  /** The steps as they were when the sentences were made. */
  saved: Definition
  problems: Problem[]
  counts: Counts | null
  disabled: boolean
  insert(slot: Slot, kind: Kind): void
  remove(id: string): void
}

export const EditorContext = createContext<EditorParts | null>(null)

export function useEditor(): EditorParts {
  const parts = useContext(EditorContext)
  if (!parts) throw new Error('outside of the workflow editor')
  return parts
}

/** The title a person gave a step, or what it does. */
export function nameOf(
  { definition, kinds, sentences }: Pick<EditorParts, 'definition' | 'kinds' | 'sentences'>,
  id: string,
): string {
  const step: Placed | undefined = definition.nodes?.[id]
  return step?.title || sentences.steps[id] || kinds.find(kind => kind.type === step?.type)?.title || id
}

export const placeId = (id: string) => `step-${id}`
export const addFirst = 'Add the first step'
