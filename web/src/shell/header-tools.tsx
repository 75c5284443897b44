import { ActionIcon, Button, Menu, useComputedColorScheme, useMantineColorScheme } from '@mantine/core'
import { IconMoon, IconPlus, IconSun, IconUser } from '@tabler/icons-react'
import { useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { call, client } from '@/api/client'
import { HealthDot } from './health-dot'
import { JobTray } from './job-tray'
import { useEditReason, useMe } from './me'

/** What stands at the end of the bar: make something, long work, health, the look, and oneself. */
export function HeaderTools({ name, role, onKeys }: { name: string; role: string; onKeys(): void }) {
  return (
    <>
      <CreateMenu />
      <JobTray />
      <HealthDot />
      <SchemeToggle />
      <UserMenu name={name} role={role} onKeys={onKeys} />
    </>
  )
}

const creations = [
  { to: '/contacts', label: 'Contact' },
  { to: '/segments', label: 'Segment' },
  { to: '/workflows', label: 'Workflow' },
  { to: '/campaigns', label: 'Campaign' },
  { to: '/emails', label: 'Email' },
  { to: '/forms', label: 'Form' },
  { to: '/pages', label: 'Landing page' },
  { to: '/alerts', label: 'Sales alert' },
  { to: '/scoring', label: 'Score model' },
]

function CreateMenu() {
  const go = useNavigate()
  const reason = useEditReason()
  // Sales works with contacts, but builds nothing.
  const isSales = useMe().data?.role === 'sales'
  return (
    <Menu position="bottom-end" shadow="md">
      <Menu.Target>
        <Button leftSection={<IconPlus size={16} />} visibleFrom="sm">
          Create
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {reason && <Menu.Label maw={220}>{reason}</Menu.Label>}
        {creations.map(({ to, label }) => (
          <Menu.Item
            key={to}
            disabled={reason !== null && !(isSales && to === '/contacts')}
            onClick={() => void go({ to, search: { create: 'yes' } })}
          >
            {label}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  )
}

function SchemeToggle() {
  const { setColorScheme } = useMantineColorScheme()
  const scheme = useComputedColorScheme('light')
  const other = scheme === 'dark' ? 'light' : 'dark'
  return (
    <ActionIcon
      variant="subtle"
      color="gray"
      onClick={() => setColorScheme(other)}
      aria-label={`Switch to the ${other} look`}
    >
      {scheme === 'dark' ? <IconSun size={20} /> : <IconMoon size={20} />}
    </ActionIcon>
  )
}

function UserMenu({ name, role, onKeys }: { name: string; role: string; onKeys(): void }) {
  const queries = useQueryClient()
  const go = useNavigate()
  const signOut = async () => {
    await call(client.POST('/api/v1/sign-out', {}))
    queries.clear()
    await go({ to: '/sign-in' })
  }
  return (
    <Menu position="bottom-end" shadow="md" width={220}>
      <Menu.Target>
        <ActionIcon variant="subtle" color="gray" aria-label={`Signed in as ${name}`}>
          <IconUser size={20} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>
          {name} · {role}
        </Menu.Label>
        <Menu.Item onClick={() => void go({ to: '/settings/account' })}>My account</Menu.Item>
        <Menu.Item onClick={onKeys}>Keys</Menu.Item>
        <Menu.Item onClick={() => void signOut()}>Sign out</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  )
}
