import { ActionIcon, Box, Burger, Button, Center, Group, Loader, Text } from '@mantine/core'
import { useDisclosure, useLocalStorage } from '@mantine/hooks'
import { IconLayoutSidebar, IconSearch } from '@tabler/icons-react'
import { Link, Outlet, useRouterState } from '@tanstack/react-router'
import { lazy, Suspense } from 'react'
import { ErrorBoundary } from 'react-error-boundary'
import { ErrorNote, Waiting } from '@/ui/states'
import { useClock } from './clock'
import { HoldBar } from './hold-bar'
import { isSignedOut, lacksSecondFactor, useMe } from './me'
import { Navigation } from './navigation'
import { useQuickDoors } from './quick-doors'
import { SandboxBar } from './sandbox-bar'
import look from './shell.module.css'

const HeaderTools = lazy(async () => ({ default: (await import('./header-tools')).HeaderTools }))
const SecondFactorNeeded = lazy(async () => ({
  default: (await import('./second-factor-needed')).SecondFactorNeeded,
}))
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
        <SignInScreen lacksCode={lacksSecondFactor(me.error)} />
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
  if (me.data.secondFactor?.forAll && !me.data.secondFactor.on) {
    return (
      <Suspense fallback={null}>
        <SecondFactorNeeded />
      </Suspense>
    )
  }
  return <Frame name={me.data.name} role={me.data.role} />
}

function Frame({ name, role }: { name: string; role: string }) {
  const [opened, { toggle, close }] = useDisclosure()
  const [narrow, setNarrow] = useLocalStorage({ key: 'tend-navigation-hidden', defaultValue: false })
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
            <ActionIcon
              variant="subtle"
              color="gray"
              onClick={() => setNarrow(!narrow)}
              visibleFrom="sm"
              aria-expanded={!narrow}
              aria-label="Show or hide the navigation"
            >
              <IconLayoutSidebar size={20} stroke={1.6} />
            </ActionIcon>
            <Group
              component={Link}
              {...{ to: '/' }}
              gap={8}
              wrap="nowrap"
              style={{ textDecoration: 'none', color: 'inherit' }}
            >
              <img src="/icon.svg" width={26} height={26} alt="" />
              <Text fw={700}>Tend</Text>
            </Group>
          </Group>
          <Button
            variant="default"
            color="gray"
            leftSection={<IconSearch size={16} />}
            onClick={openPalette}
            fw={400}
            visibleFrom="xs"
            w={{ base: 160, md: 320 }}
            justify="flex-start"
            c="dimmed"
          >
            Search or jump to ...
          </Button>
          <Group gap={6} wrap="nowrap">
            <Suspense fallback={<Box h={36} />}>
              <HeaderTools name={name} role={role} onKeys={openShortcuts} />
            </Suspense>
          </Group>
        </Group>
      </header>
      <div className={look.navigation}>
        <Navigation sandbox={isSandbox} onGo={close} />
      </div>
      <main id="main" className={look.main} tabIndex={-1}>
        <HoldBar />
        <SandboxBar />
        <ErrorBoundary
          key={path}
          fallbackRender={({ error, resetErrorBoundary }) => (
            <Box p="lg">
              <ErrorNote error={error} onRetry={resetErrorBoundary} />
            </Box>
          )}
        >
          <Suspense
            fallback={
              <Box p="lg">
                <Waiting />
              </Box>
            }
          >
            <Outlet />
          </Suspense>
        </ErrorBoundary>
      </main>
      {doors}
    </div>
  )
}
