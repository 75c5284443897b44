import {
  IconBolt,
  IconFilter,
  IconMail,
  IconRoute,
  IconShieldCheck,
  IconTrendingUp,
  IconUser,
  IconWorld,
} from '@tabler/icons-react'
import type { ComponentType } from 'react'

type Icon = ComponentType<{ size?: number; stroke?: number; 'aria-hidden'?: boolean }>
export type TimelineGroup = { key: string; title: string; icon: Icon; color: string; prefixes: string[] }

/** What happens to somebody, in the groups by which people look for it. */
export const groups: TimelineGroup[] = [
  {
    key: 'web',
    title: 'Website and app',
    icon: IconWorld,
    color: 'blue',
    prefixes: ['page', 'screen', 'visitor'],
  },
  { key: 'events', title: 'Events', icon: IconBolt, color: 'orange', prefixes: ['event'] },
  { key: 'mail', title: 'Messages', icon: IconMail, color: 'violet', prefixes: ['email', 'alert'] },
  { key: 'workflows', title: 'Workflows', icon: IconRoute, color: 'tend', prefixes: ['workflow'] },
  { key: 'segments', title: 'Segments', icon: IconFilter, color: 'cyan', prefixes: ['segment', 'list'] },
  { key: 'scores', title: 'Scores', icon: IconTrendingUp, color: 'grape', prefixes: ['score'] },
  { key: 'consent', title: 'Consent', icon: IconShieldCheck, color: 'teal', prefixes: ['consent'] },
  { key: 'profile', title: 'Profile', icon: IconUser, color: 'gray', prefixes: ['contact', 'group'] },
]

const other: TimelineGroup = { key: 'other', title: 'Other', icon: IconBolt, color: 'gray', prefixes: [] }

export function groupOf(type: string): TimelineGroup {
  const [prefix = ''] = type.split('.')
  return groups.find(group => group.prefixes.includes(prefix)) ?? other
}
