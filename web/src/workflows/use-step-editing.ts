import { useHotkeys } from '@mantine/hooks'
import { type KeyboardEvent, useCallback, useRef, useState } from 'react'
import { showUndo } from '@/ui/undo'
import { type Definition, insertStep, moveDown, moveUp, removeStep, type Slot } from './definition'
import { nameOf, placeId, trigger } from './editor-context'
import type { Kind } from './kinds'
import { needsChoice } from './remove-step'

type Given = {
  definition: Definition
  change(definition: Definition): void
  undo(): void
  redo(): void
  order: string[]
  kinds: Kind[]
  sentences: { trigger: string; steps: Record<string, string> }
  disabled: boolean
}

/** Brings a card into sight, and the keyboard to it; after the next drawing, when it may have moved. */
function goTo(id: string): void {
  requestAnimationFrame(() => {
    const card = document.getElementById(placeId(id))
    card?.focus({ preventScroll: true })
    const isCalm = window.matchMedia('(prefers-reduced-motion: reduce)').matches
    card?.scrollIntoView({ block: 'nearest', inline: 'nearest', behavior: isCalm ? 'auto' : 'smooth' })
  })
}

/** What is chosen in the editor, and every change of steps with mouse and keys. */
export function useStepEditing(given: Given) {
  const { definition, change, order, disabled } = given
  const [selected, setSelected] = useState<string | null>(null)
  const latest = useRef(given)
  latest.current = given
  const [removing, setRemoving] = useState<string | null>(null)
  const select = useCallback((id: string | null, andGo = false) => {
    setSelected(id)
    if (id && andGo) goTo(id)
  }, [])
  const insert = (slot: Slot, kind: Kind) => {
    const made = insertStep(definition, slot, {
      type: kind.type,
      settings: structuredClone(kind.initial),
      exits: kind.exits ?? [],
    })
    change(made.definition)
    select(made.id, true)
  }
  const removed = (id: string, next: Definition) => {
    const name = nameOf(given, id)
    const at = order.indexOf(id)
    change(next)
    setRemoving(null)
    select(null)
    goTo(order[at - 1] ?? trigger)
    showUndo(`“${name}” was taken out.`, async () => {
      // Undo goes back one change: what was done since must not go with it unseen.
      if (latest.current.definition !== next)
        throw new Error('Other changes came after it. The arrow on top takes them back one by one.')
      latest.current.undo()
    })
  }
  const remove = (id: string) => {
    if (disabled || !definition.nodes?.[id]) return
    if (needsChoice(definition, id)) setRemoving(id)
    else removed(id, removeStep(definition, id))
  }
  const move = (id: string, moved: Definition | null) => {
    if (!moved || disabled) return
    change(moved)
    goTo(id)
  }
  useHotkeys([
    ['mod+Z', given.undo],
    ['mod+shift+Z', given.redo],
    ['mod+Y', given.redo],
  ])
  const onKeyDown = (event: KeyboardEvent) => {
    const id = (event.target as HTMLElement).id.replace(/^step-/, '')
    const places = [trigger, ...order]
    const at = places.indexOf(id)
    if (at < 0 || event.ctrlKey || event.metaKey) return
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key]
    if (event.altKey && step) move(id, step < 0 ? moveUp(definition, id) : moveDown(definition, id))
    else if (step) go(places[at + step])
    else if (event.key === 'Home') go(places[0])
    else if (event.key === 'End') go(places.at(-1))
    else if (event.key === 'Delete' || event.key === 'Backspace') remove(id)
    else if (event.key === 'Escape') select(null)
    else if (event.key === 'Enter') enter(id)
    else return
    event.preventDefault()
  }
  const enter = (id: string) => {
    select(id)
    requestAnimationFrame(() =>
      document
        .querySelector<HTMLElement>('#step-settings :is(input, select, textarea):not([disabled])')
        ?.focus(),
    )
  }
  const go = (id: string | undefined) => {
    if (id === undefined) return
    if (selected !== null) setSelected(id)
    goTo(id)
  }
  return {
    selected,
    select,
    insert,
    remove,
    removed,
    removing,
    stopRemoving: () => setRemoving(null),
    onKeyDown,
  }
}
