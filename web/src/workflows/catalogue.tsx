import { useQuery } from '@tanstack/react-query'
import { IconArrowsSplit2, IconBell, IconClock, IconDoorExit, IconForms, IconHourglass, IconListCheck, IconListDetails, IconMail, IconPlusMinus, IconPuzzle, IconRoute, IconSwitch3 } from '@tabler/icons-react'
import type { ComponentType } from 'react'
import { call, client } from '@/api/client'

const readKinds = () => call(client.GET('/api/v1/workflow-nodes'))
export type StepKind = Awaited<ReturnType<typeof readKinds>>['items'][number]

/** The kinds of steps that this installation has. */
export function useKinds() {
  return useQuery({ queryKey: ['workflow-nodes'], queryFn: readKinds, staleTime: Number.POSITIVE_INFINITY })
}

type Icon = ComponentType<{ size?: number; stroke?: number }>
const icons: Record<string, Icon> = {
  wait: IconClock,
  'wait-for': IconHourglass,
  branch: IconSwitch3,
  split: IconArrowsSplit2,
  'send-email': IconMail,
  'alert-sales': IconBell,
  'add-points': IconPlusMinus,
  'set-field': IconForms,
  'add-to-list': IconListCheck,
  'remove-from-list': IconListDetails,
  'move-to-workflow': IconRoute,
  exit: IconDoorExit,
}

export function StepIcon({ type, size = 18 }: { type: string; size?: number }) {
  const Found = icons[type] ?? IconPuzzle
  return <Found size={size} stroke={1.7} />
}

export const categories: { name: StepKind['category']; title: string }[] = [
  { name: 'time', title: 'Time' },
  { name: 'path', title: 'Path' },
  { name: 'message', title: 'Message' },
  { name: 'contact', title: 'Contact' },
  { name: 'end', title: 'End' },
]
