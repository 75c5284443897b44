import { useHotkeys } from '@mantine/hooks'
import { lazy, Suspense, useEffect, useState } from 'react'

const loadPalette = () => import('./palette')
const Palette = lazy(async () => ({ default: (await loadPalette()).Palette }))
const Shortcuts = lazy(async () => ({ default: (await import('./shortcuts')).Shortcuts }))

/** What opens by a key on every screen. Neither is loaded before the first screen has been drawn. */
export function useQuickDoors() {
  const [asked, setAsked] = useState(0)
  const [isHelping, setHelping] = useState(false)
  const openPalette = () => setAsked(count => count + 1)
  useHotkeys([
    ['/', openPalette],
    ['shift+?', () => setHelping(true)],
  ])
  // Nobody types Ctrl+K, so it works while writing too.
  useHotkeys([['mod+K', openPalette]], [], true)
  useEffect(() => {
    const timer = setTimeout(() => void loadPalette(), 2_000)
    return () => clearTimeout(timer)
  }, [])
  const doors = (
    <Suspense fallback={null}>
      {asked > 0 && <Palette asked={asked} />}
      {isHelping && <Shortcuts onClose={() => setHelping(false)} />}
    </Suspense>
  )
  return { openPalette, openShortcuts: () => setHelping(true), doors }
}
