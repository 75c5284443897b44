import { Alert, Button, Group, Text } from '@mantine/core'
import { IconCheck, IconCloudOff, IconLoader2 } from '@tabler/icons-react'
import { useCallback, useEffect, useRef, useState } from 'react'
import { ApiError } from '@/api/client'

export type SaveState = 'saved' | 'waiting' | 'saving' | 'offline' | 'stale' | 'refused'
export type Autosave<T> = {
  draft: T
  set(change: Partial<T>): void
  state: SaveState
  error: ApiError | null
  undo(): void
  redo(): void
  canUndo: boolean
  canRedo: boolean
  /** Writes what is waiting now; resolves with the version that stands on the server. */
  flush(): Promise<number>
  /** After somebody else's save: keep mine on top of it. */
  keepMine(version: number): void
}

const idleMs = 1_000

/**
 * A draft that saves itself a second after the last change, with undo. `save` sends it with the version it began
 * from; a stale one (409) is kept here and nothing is overwritten until a person has decided.
 */
export function useAutosave<T extends object>(
  initial: { draft: T; version: number },
  save: (draft: T, version: number) => Promise<number>,
): Autosave<T> {
  const [history, setHistory] = useState<{ past: T[]; now: T; future: T[] }>({
    past: [],
    now: initial.draft,
    future: [],
  })
  const [state, setState] = useState<SaveState>('saved')
  const [error, setError] = useState<ApiError | null>(null)
  const version = useRef(initial.version)
  const latest = useRef(history.now)
  const dirty = useRef(false)
  const running = useRef<Promise<number> | null>(null)
  latest.current = history.now

  const flush = useCallback(async (): Promise<number> => {
    if (running.current) await running.current.catch(() => undefined)
    if (!dirty.current) return version.current
    dirty.current = false
    setState('saving')
    running.current = save(latest.current, version.current)
    try {
      version.current = await running.current
      setState(dirty.current ? 'waiting' : 'saved')
      setError(null)
      return version.current
    } catch (cause) {
      dirty.current = true
      const problem = cause instanceof ApiError ? cause : null
      setError(problem)
      setState(
        problem?.problem.status === 409
          ? 'stale'
          : problem && problem.problem.status >= 400 && problem.problem.status < 500
            ? 'refused'
            : 'offline',
      )
      throw cause
    } finally {
      running.current = null
    }
  }, [save])

  // biome-ignore lint/correctness/useExhaustiveDependencies: every change of the draft starts the second anew
  useEffect(() => {
    if (state !== 'waiting' && state !== 'offline') return
    const timer = setTimeout(() => void flush().catch(() => undefined), state === 'offline' ? 5_000 : idleMs)
    return () => clearTimeout(timer)
  }, [state, flush, history.now])

  useEffect(() => {
    const warn = (event: BeforeUnloadEvent) => {
      if (dirty.current) event.preventDefault()
    }
    window.addEventListener('beforeunload', warn)
    return () => window.removeEventListener('beforeunload', warn)
  }, [])

  // Who leaves the screen within the second has still said what he said.
  const atLast = useRef(flush)
  atLast.current = flush
  useEffect(
    () => () => {
      if (dirty.current) void atLast.current().catch(() => undefined)
    },
    [],
  )

  const move = (next: { past: T[]; now: T; future: T[] }) => {
    setHistory(next)
    dirty.current = true
    setState(current => (current === 'stale' ? 'stale' : 'waiting'))
  }
  return {
    draft: history.now,
    set: change =>
      move({
        past: [...history.past.slice(-99), history.now],
        now: { ...history.now, ...change },
        future: [],
      }),
    state,
    error,
    undo() {
      const before = history.past.at(-1)
      if (before)
        move({ past: history.past.slice(0, -1), now: before, future: [history.now, ...history.future] })
    },
    redo() {
      const [after, ...rest] = history.future
      if (after) move({ past: [...history.past, history.now], now: after, future: rest })
    },
    canUndo: history.past.length > 0,
    canRedo: history.future.length > 0,
    flush,
    keepMine(current) {
      version.current = current
      dirty.current = true
      setState('waiting')
    },
  }
}

const words: Record<SaveState, string> = {
  saved: 'Saved',
  waiting: 'Saving ...',
  saving: 'Saving ...',
  offline: 'Offline, kept here',
  stale: 'Not saved: somebody was faster',
  refused: 'Not saved yet',
}

/** Where the draft stands, in words with a sign. */
export function SaveNote({ state }: { state: SaveState }) {
  const Icon =
    state === 'saved'
      ? IconCheck
      : state === 'offline' || state === 'stale' || state === 'refused'
        ? IconCloudOff
        : IconLoader2
  return (
    <Group gap={4} aria-live="polite">
      <Icon size={14} aria-hidden />
      <Text size="sm" c="dimmed">
        {words[state]}
      </Text>
    </Group>
  )
}

/** Two people at once: says who was faster, and lets this one decide. */
export function StaleNote<T>({ autosave, onReload }: { autosave: Autosave<T & object>; onReload(): void }) {
  if (autosave.state !== 'stale' && autosave.state !== 'refused') return null
  const detail = autosave.error?.problem.detail ?? {}
  if (autosave.state === 'refused') {
    return (
      <Alert color="yellow" title="This cannot be saved as it is" role="alert">
        {autosave.error?.problem.fields?.map(field => (
          <Text size="sm" key={field.path}>{`${field.path}: ${field.message}`}</Text>
        )) ?? autosave.error?.message}
      </Alert>
    )
  }
  return (
    <Alert
      color="yellow"
      title={`${String(detail.updatedBy ?? 'Somebody')} changed this meanwhile`}
      role="alert"
    >
      <Group>
        <Text size="sm">Your changes are kept here. Nothing was overwritten.</Text>
        <Button size="compact-sm" variant="default" onClick={onReload}>
          Load theirs
        </Button>
        <Button size="compact-sm" onClick={() => autosave.keepMine(Number(detail.version ?? 0))}>
          Keep mine
        </Button>
      </Group>
    </Alert>
  )
}
