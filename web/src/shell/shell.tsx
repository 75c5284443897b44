import { ActionIcon, Box, Burger, Button, Center, Group, Loader, Menu, Text, useComputedColorScheme, useMantineColorScheme } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { IconLayoutSidebar, IconMoon, IconPlus, IconSearch, IconSun, IconUser } from '@tabler/icons-react'
import { useQueryClient } from '@tanstack/react-query'
import { Link, Outlet, useNavigate, useRouterState } from '@tanstack/react-router'
import { lazy, Suspense } from 'react'
import { ErrorBoundary } from 'react-error-boundary'
import { call, client } from '@/api/client'
import { ErrorNote, Waiting } from '@/ui/states'
import { useClock } from './clock'
import { HealthDot } from './health-dot'
import { JobTray } from './job-tray'
import { isSignedOut, useMe } from './me'
import { Navigation } from './navigation'
import { useQuickDoors } from './quick-doors'
import { SandboxBar } from './sandbox-bar'
import look from './shell.module.css'

const SignInScreen = lazy(async () => ({ default: (await import('./sign-in-screen')).SignInScreen }))

/** What stands around every screen. Nobody signed in: the way in instead. */
export function Shell() {
  const me = useMe()
  if (me.isPending) {
    return (
      <Center h="100vh">
        <Loader aria-label="Loading" />
      </Center>
    )
  }
  if (isSignedOut(me.error)) {
    return (
      <Suspense fallback={null}>
        <SignInScreen />
      </Suspense>
    )
  }
  if (me.isError) {
    return (
      <Box p="xl" maw={560} mx="auto">
        <ErrorNote error={me.error} onRetry={() => void me.refetch()} />
      </Box>
    )
  }
  return <Frame name={me.data.name} role={me.data.role} />
}

function Frame({ name, role }: { name: string; role: string }) {
  const [opened, { toggle, close }] = useDisclosure()
  const [narrow, { toggle: toggleNarrow }] = useDisclosure()
  const isSandbox = useClock().data?.mode === 'sandbox'
  const { openPalette, openShortcuts, doors } = useQuickDoors()
  const path = useRouterState({ select: state => state.location.pathname })
  return (
    <div className={[look.frame, narrow && look.narrow, opened && look.opened].filter(Boolean).join(' ')}>
      <a href="#main" className="skip">
        Skip to the content
      </a>
      <header className={look.header}>
        <Group h="100%" px="md" justify="space-between" wrap="nowrap">
          <Group gap="sm" wrap="nowrap">
            <Burger opened={opened} onClick={toggle} hiddenFrom="sm" size="sm" aria-label="Navigation" />
            <ActionIcon variant="subtle" color="gray" onClick={toggleNarrow} visibleFrom="sm" aria-expanded={!narrow} aria-label="Show or hide the navigation">
              <IconLayoutSidebar size={20} stroke={1.6} />
            </ActionIcon>
            <Group component={Link} {...{ to: '/' }} gap={8} wrap="nowrap" style={{ textDecoration: 'none', color: 'inherit' }}>
              <img src="/icon.svg" width={26} height={26} alt="" />
              <Text fw={700}>Tend</Text>
            </Group>
          </Group>
          <Button variant="default" color="gray" leftSection={<IconSearch size={16} />} onClick={openPalette} fw={400} visibleFrom="xs" w={{ base: 160, md: 320 }} justify="flex-start" c="dimmed">
            Search or jump to ...
          </Button>
          <Group gap={6} wrap="nowrap">
            <CreateMenu />
            <JobTray />
            <HealthDot />
            <SchemeToggle />
            <UserMenu name={name} role={role} onKeys={openShortcuts} />
          </Group>
        </Group>
      </header>
      <div className={look.navigation}>
        <Navigation sandbox={isSandbox} onGo={close} />
      </div>
      <main id="main" className={look.main} tabIndex={-1}>
        <SandboxBar />
        <ErrorBoundary key={path} fallbackRender={({ error, resetErrorBoundary }) => <Box p="lg"><ErrorNote error={error} onRetry={resetErrorBoundary} /></Box>}>
          <Suspense fallback={<Box p="lg"><Waiting /></Box>}>
            <Outlet />
          </Suspense>
        </ErrorBoundary>
      </main>
      {doors}
    </div>
  )
}

const creations = [
  { to: '/contacts', label: 'Contact' },
  { to: '/segments', label: 'Segment' },
  { to: '/workflows', label: 'Workflow' },
  { to: '/emails', label: 'Email' },
  { to: '/scoring', label: 'Score model' },
]

function CreateMenu() {
  const go = useNavigate()
  return (
    <Menu position="bottom-end" shadow="md">
      <Menu.Target>
        <Button leftSection={<IconPlus size={16} />} visibleFrom="sm">
          Create
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {creations.map(({ to, label }) => (
          <Menu.Item key={to} onClick={() => void go({ to, search: { create: 'yes' } })}>
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
    <ActionIcon variant="subtle" color="gray" onClick={() => setColorScheme(other)} aria-label={`Switch to the ${other} look`}>
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
