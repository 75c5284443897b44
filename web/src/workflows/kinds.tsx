import { ThemeIcon } from '@mantine/core'
import {
  IconArrowsSplit2,
  IconBellRinging,
  IconClock,
  IconDoorExit,
  IconEar,
  IconForms,
  IconGitBranch,
  IconListCheck,
  IconListDetails,
  IconMail,
  IconPlusMinus,
  IconPuzzle,
  IconRoute,
} from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { call, client } from '@/api/client'
import type { Schema } from './settings-form'

/** A kind of step as the catalogue tells it. */
export type Kind = {
  type: string
  title: string
  category: string
  words: string
  initial: Record<string, unknown>
  exits: string[] | null
  settings: Schema
}

export function useKinds() {
  return useQuery({
    queryKey: ['workflow-nodes'],
    queryFn: async () => (await call(client.GET('/api/v1/workflow-nodes'))).items as Kind[],
    staleTime: Number.POSITIVE_INFINITY,
  })
}

/** The order in which the picker shows them; a category that is not here comes last, by its own name. */
export const categories: { name: string; title: string; color: string }[] = [
  { name: 'message', title: 'Tell somebody', color: 'tend' },
  { name: 'time', title: 'Wait', color: 'blue' },
  { name: 'path', title: 'Choose a way', color: 'violet' },
  { name: 'contact', title: 'Change the contact', color: 'orange' },
  { name: 'sales', title: 'Sales and CRM', color: 'teal' },
  { name: 'end', title: 'End', color: 'gray' },
]

const icons: Record<string, typeof IconClock> = {
  wait: IconClock,
  'wait-for': IconEar,
  branch: IconGitBranch,
  split: IconArrowsSplit2,
  'send-email': IconMail,
  'alert-sales': IconBellRinging,
  'add-points': IconPlusMinus,
  'set-field': IconForms,
  'add-to-list': IconListCheck,
  'remove-from-list': IconListDetails,
  'move-to-workflow': IconRoute,
  exit: IconDoorExit,
}

export function KindIcon({ kind, type, size = 32 }: { kind: Kind | undefined; type: string; size?: number }) {
  const Icon = icons[type] ?? IconPuzzle
  const color = categories.find(each => each.name === kind?.category)?.color ?? 'gray'
  return (
    <ThemeIcon variant="light" color={color} size={size} radius="md" aria-hidden>
      <Icon size={size * 0.56} stroke={1.7} />
    </ThemeIcon>
  )
}
