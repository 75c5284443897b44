import { Alert, Button, Center, Paper, PasswordInput, Stack, Text, TextInput, Title } from '@mantine/core'
import { useDocumentTitle } from '@mantine/hooks'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { type FormEvent, useState } from 'react'

/** Sign-in speaks to the library behind /api/auth, which is no part of our own API. */
async function post(path: string, body: object): Promise<void> {
  const answer = await fetch(`/api/auth${path}`, {
    method: 'POST',
    credentials: 'same-origin',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  }).catch(() => null)
  if (!answer) throw new Error('Tend cannot be reached. Is it running?')
  if (answer.ok) return
  const said = (await answer.json().catch(() => ({}))) as { message?: string; title?: string }
  throw new Error(said.message ?? said.title ?? `The server answered ${answer.status}.`)
}

/** By a one-time link (a page with one button: opening it changes nothing) or by address and password. */
export function SignInScreen() {
  useDocumentTitle('Sign in · Tend')
  const token = new URLSearchParams(window.location.search).get('token')
  const [withPassword, setWithPassword] = useState(token === null)
  return (
    <Center mih="100vh" p="md" bg="var(--tend-quiet)">
      <Paper withBorder p="xl" w={400} maw="100%" radius="lg">
        <Stack>
          <img src="/icon.svg" width={40} height={40} alt="" />
          <Title order={1}>Sign in to Tend</Title>
          {withPassword || !token ? (
            <PasswordForm />
          ) : (
            <LinkForm token={token} onOther={() => setWithPassword(true)} />
          )}
        </Stack>
      </Paper>
    </Center>
  )
}

function useEntry(path: string) {
  const queries = useQueryClient()
  const go = useNavigate()
  return useMutation({
    mutationFn: (body: object) => post(path, body),
    onSuccess: async () => {
      await queries.resetQueries()
      await go({ to: '/' })
    },
  })
}

function LinkForm({ token, onOther }: { token: string; onOther(): void }) {
  const enter = useEntry('/sign-in/link')
  return (
    <Stack>
      <Text size="sm" c="dimmed">
        This link lets you in once. It was shown in the terminal or sent by an administrator.
      </Text>
      {enter.isError && (
        <Alert color="red" role="alert">
          {enter.error.message}
        </Alert>
      )}
      <Button size="md" loading={enter.isPending} onClick={() => enter.mutate({ token })}>
        Sign in with this link
      </Button>
      <Button variant="subtle" onClick={onOther}>
        Use address and password instead
      </Button>
    </Stack>
  )
}

function PasswordForm() {
  const enter = useEntry('/sign-in/email')
  const [email, setEmail] = useState('')
  const [password, setPassword] = useState('')
  const submit = (event: FormEvent) => {
    event.preventDefault()
    enter.mutate({ email, password })
  }
  return (
    <form onSubmit={submit}>
      <Stack>
        {enter.isError && (
          <Alert color="red" role="alert">
            {enter.error.message}
          </Alert>
        )}
        <TextInput
          label="Address"
          type="email"
          autoComplete="username"
          required
          value={email}
          onChange={event => setEmail(event.currentTarget.value)}
        />
        <PasswordInput
          label="Password"
          autoComplete="current-password"
          required
          value={password}
          onChange={event => setPassword(event.currentTarget.value)}
        />
        <Button type="submit" size="md" loading={enter.isPending}>
          Sign in
        </Button>
        <Text size="sm" c="dimmed">
          No password yet, or forgotten? The terminal that runs Tend shows a one-time link, and `tend user
          link --email ...` makes another.
        </Text>
      </Stack>
    </form>
  )
}
