import { Button, Group, Paper, PasswordInput, Stack, Text, TextInput, Title } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { ApiError, call, client } from '@/api/client'
import { useMe } from '@/shell/me'
import { Page } from '@/ui/page'
import { ErrorNote, Loaded } from '@/ui/states'

async function setPassword(body: { password: string; current?: string }): Promise<void> {
  const answer = await fetch('/api/auth/password', {
    method: 'POST',
    credentials: 'same-origin',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  if (answer.ok) return
  const said = (await answer.json().catch(() => ({}))) as { message?: string }
  throw new ApiError({
    title: said.message ?? `The server answered ${answer.status}.`,
    status: answer.status,
    code: 'password',
  })
}

/** My own name and password. */
export function AccountScreen() {
  const me = useMe()
  return (
    <Page
      title="My account"
      words={me.data ? `${me.data.email ?? ''} · ${me.data.role}: ${me.data.roleSentence}` : undefined}
    >
      <Loaded query={me}>
        {data => (
          <Stack maw={480} gap="lg">
            <NameForm name={data.name} />
            <PasswordForm hasPassword={data.hasPassword} />
          </Stack>
        )}
      </Loaded>
    </Page>
  )
}

function NameForm({ name }: { name: string }) {
  const queries = useQueryClient()
  const [draft, setDraft] = useState(name)
  const save = useMutation({
    mutationFn: () => call(client.PATCH('/api/v1/me', { body: { name: draft.trim() } })),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['me'] }),
  })
  return (
    <Paper withBorder p="md">
      <Stack>
        <TextInput label="Name" value={draft} onChange={event => setDraft(event.currentTarget.value)} />
        {save.isError && <ErrorNote error={save.error} />}
        <Group justify="flex-end">
          <Button
            disabled={!draft.trim() || draft.trim() === name}
            loading={save.isPending}
            onClick={() => save.mutate()}
          >
            Save name
          </Button>
        </Group>
      </Stack>
    </Paper>
  )
}

function PasswordForm({ hasPassword }: { hasPassword: boolean }) {
  const queries = useQueryClient()
  const [current, setCurrent] = useState('')
  const [password, setNew] = useState('')
  const save = useMutation({
    mutationFn: () => setPassword({ password, ...(hasPassword ? { current } : {}) }),
    onSuccess: async () => {
      notifications.show({ message: 'Your password is set. Other sessions of yours have ended.' })
      setCurrent('')
      setNew('')
      await queries.invalidateQueries({ queryKey: ['me'] })
    },
  })
  return (
    <Paper withBorder p="md">
      <Stack>
        <Title order={2}>{hasPassword ? 'Change the password' : 'Set a password'}</Title>
        {!hasPassword && (
          <Text size="sm">
            You came in by a one-time link. With a password you can come back without one.
          </Text>
        )}
        {hasPassword && (
          <PasswordInput
            label="Current password"
            autoComplete="current-password"
            value={current}
            onChange={event => setCurrent(event.currentTarget.value)}
          />
        )}
        <PasswordInput
          label="New password"
          description="At least 12 characters; a sentence is fine"
          autoComplete="new-password"
          value={password}
          onChange={event => setNew(event.currentTarget.value)}
        />
        {save.isError && <ErrorNote error={save.error} />}
        <Group justify="flex-end">
          <Button disabled={password.length < 12} loading={save.isPending} onClick={() => save.mutate()}>
            {hasPassword ? 'Change the password' : 'Set the password'}
          </Button>
        </Group>
      </Stack>
    </Paper>
  )
}
