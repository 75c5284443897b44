import { Box, NavLink, Text } from '@mantine/core'
import {
  IconBellRinging,
  IconBrowser,
  IconBuilding,
  IconChartBar,
  IconChecklist,
  IconCopyCheck,
  IconFileExport,
  IconFileImport,
  IconFilter,
  IconFlame,
  IconForms,
  IconHome,
  IconInbox,
  IconMail,
  IconRoute,
  IconSend,
  IconSettings,
  IconSpeakerphone,
  IconTrendingUp,
  IconUsers,
  IconZoomCheck,
} from '@tabler/icons-react'
import { Link, useRouterState } from '@tanstack/react-router'
import type { ComponentType } from 'react'

type Entry = {
  to: string
  label: string
  icon: ComponentType<{ size?: number; stroke?: number }>
  children?: { to: string; label: string }[]
  sandbox?: true
}

/** Two levels at most; only what exists. */
export const navigation: { heading: string | null; entries: Entry[] }[] = [
  { heading: null, entries: [{ to: '/', label: 'Home', icon: IconHome }] },
  {
    heading: 'People',
    entries: [
      { to: '/contacts', label: 'Contacts', icon: IconUsers },
      { to: '/companies', label: 'Companies', icon: IconBuilding },
      { to: '/leads', label: 'Leads', icon: IconFlame },
      { to: '/segments', label: 'Segments', icon: IconFilter },
      { to: '/imports', label: 'Imports', icon: IconFileImport },
      { to: '/exports', label: 'Exports', icon: IconFileExport },
    ],
  },
  {
    heading: 'Automation',
    entries: [
      { to: '/workflows', label: 'Workflows', icon: IconRoute },
      { to: '/campaigns', label: 'Campaigns', icon: IconSpeakerphone },
      { to: '/scoring', label: 'Scoring', icon: IconTrendingUp },
      { to: '/alerts', label: 'Sales alerts', icon: IconBellRinging },
    ],
  },
  {
    heading: 'Content',
    entries: [
      { to: '/emails', label: 'Emails', icon: IconMail },
      { to: '/forms', label: 'Forms', icon: IconForms },
      { to: '/pages', label: 'Landing pages', icon: IconBrowser },
      { to: '/deliveries', label: 'Deliveries', icon: IconSend },
      { to: '/mailbox', label: 'Mailbox', icon: IconInbox, sandbox: true },
    ],
  },
  {
    heading: 'Care',
    entries: [
      { to: '/reports', label: 'Reports', icon: IconChartBar },
      { to: '/reviews', label: 'Stewardship', icon: IconChecklist },
      { to: '/data-quality', label: 'Data quality', icon: IconZoomCheck },
      { to: '/duplicates', label: 'Duplicates', icon: IconCopyCheck },
      {
        to: '/settings',
        label: 'Settings',
        icon: IconSettings,
        children: [
          { to: '/settings/sending', label: 'Sending' },
          { to: '/settings/consent', label: 'Consent & topics' },
          { to: '/settings/privacy', label: 'Privacy' },
          { to: '/settings/sources', label: 'Events & sources' },
          { to: '/settings/fields', label: 'Fields' },
          { to: '/settings/lists', label: 'Lists' },
          { to: '/settings/team', label: 'Team & roles' },
          { to: '/crm', label: 'CRM' },
          { to: '/settings/webhooks', label: 'Webhooks' },
          { to: '/settings/keys', label: 'API keys' },
          { to: '/settings/audit', label: 'Audit log' },
          { to: '/settings/account', label: 'My account' },
          { to: '/system', label: 'System health' },
        ],
      },
    ],
  },
]

function isAt(path: string, to: string): boolean {
  return to === '/' ? path === '/' : path === to || path.startsWith(`${to}/`)
}

export function Navigation({ sandbox, onGo }: { sandbox: boolean; onGo(): void }) {
  const path = useRouterState({ select: state => state.location.pathname })
  return (
    <Box h="100%" px="xs" py="sm" style={{ overflowY: 'auto', scrollbarWidth: 'thin' }}>
      <nav aria-label="Main">
        {navigation.map(group => (
          <Box key={group.heading ?? 'top'} mb="sm">
            {group.heading && (
              <Text size="xs" fw={600} c="dimmed" px="sm" pb={4}>
                {group.heading}
              </Text>
            )}
            {group.entries
              .filter(entry => sandbox || !entry.sandbox)
              .map(({ to, label, icon: Icon, children }) =>
                children ? (
                  <NavLink
                    key={to}
                    label={label}
                    leftSection={<Icon size={18} stroke={1.6} />}
                    defaultOpened={children.some(child => isAt(path, child.to))}
                    childrenOffset={28}
                    style={{ borderRadius: 6 }}
                  >
                    {children.map(child => (
                      <NavLink
                        key={child.to}
                        component={Link}
                        to={child.to}
                        label={child.label}
                        active={isAt(path, child.to)}
                        onClick={onGo}
                        style={{ borderRadius: 6 }}
                      />
                    ))}
                  </NavLink>
                ) : (
                  <NavLink
                    key={to}
                    component={Link}
                    to={to}
                    label={label}
                    leftSection={<Icon size={18} stroke={1.6} />}
                    active={isAt(path, to)}
                    onClick={onGo}
                    style={{ borderRadius: 6 }}
                  />
                ),
              )}
          </Box>
        ))}
      </nav>
    </Box>
  )
}
