import { Badge } from '@mantine/core'
import {
  IconAlertTriangle,
  IconArrowBackUp,
  IconCheck,
  IconLoader2,
  IconPencil,
  IconPlayerPause,
} from '@tabler/icons-react'
import type { Import } from './import-data'

type Of = Pick<Import, 'stage' | 'run' | 'undo'>

const looks = {
  draft: { color: 'gray', icon: IconPencil, words: 'Being prepared' },
  running: { color: 'blue', icon: IconLoader2, words: 'Running' },
  paused: { color: 'yellow', icon: IconPlayerPause, words: 'Paused' },
  failed: { color: 'red', icon: IconAlertTriangle, words: 'Stopped by an error' },
  done: { color: 'tend', icon: IconCheck, words: 'Done' },
  undoing: { color: 'blue', icon: IconLoader2, words: 'Being taken back' },
  undone: { color: 'gray', icon: IconArrowBackUp, words: 'Taken back' },
} as const

function stateOf({ stage, run, undo }: Of): keyof typeof looks {
  if (stage === 'uploading' || stage === 'ready') return 'draft'
  const job = stage === 'running' ? run : stage === 'undoing' ? undo : null
  if (job?.state === 'stopped') return 'paused'
  return job?.state === 'failed' ? 'failed' : stage
}

export function ImportState({ of }: { of: Of }) {
  const { color, icon: Icon, words } = looks[stateOf(of)]
  return (
    <Badge
      color={color}
      leftSection={<Icon size={12} aria-hidden />}
      c={color === 'tend' ? undefined : 'var(--mantine-color-text)'}
    >
      {words}
    </Badge>
  )
}
