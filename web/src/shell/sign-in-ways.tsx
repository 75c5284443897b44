import { Alert, Button, Divider, Loader, PasswordInput, Stack, Text, TextInput } from '@mantine/core'
import { useMutation, useQuery } from '@tanstack/react-query'
import { type FormEvent, useEffect, useRef, useState } from 'react'
import { askAuth, useEntry } from './auth'

export function Refusal({ error }: { error: Error | null }) {
  if (!error) return null
  return (
    <Alert color="red" role="alert">
      {error.message}
    </Alert>
  )
}

/** By a one-time link: one button. */
export function LinkForm({ token, onOther }: { token: string; onOther(): void }) {
  const enter = useEntry('/sign-in/link')
  return (
    <Stack>
      <Text size="sm" c="dimmed">
        This link lets you in once. It was shown in the terminal or sent by an administrator.
      </Text>
      <Refusal error={enter.error} />
      <Button size="md" loading={enter.isPending} onClick={() => enter.mutate({ token })}>
        Sign in with this link
      </Button>
      <Button variant="subtle" onClick={onOther}>
        Use address and password instead
      </Button>
    </Stack>
  )
}

/** By address and password, or by way of the identity provider where there is one. */
export function PasswordForm() {
  const enter = useEntry('/sign-in/email')
  const [email, setEmail] = useState('')
  const [password, setPassword] = useState('')
  const submit = (event: FormEvent) => {
    event.preventDefault()
    enter.mutate({ email, password })
  }
  return (
    <Stack>
      <ProviderButton />
      <form onSubmit={submit}>
        <Stack>
          <Refusal error={enter.error} />
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
            No password yet, or forgotten? An administrator can make you a link. If you run Tend yourself, its
            terminal shows one, and `tend user link --email ...` makes another.
          </Text>
        </Stack>
      </form>
    </Stack>
  )
}

function ProviderButton() {
  const ways = useQuery({
    queryKey: ['sign-in-ways'],
    queryFn: () => askAuth<{ provider: string | null }>('/ways'),
    staleTime: 600_000,
  })
  const begin = useMutation({
    mutationFn: () => askAuth<{ address: string }>('/oidc/begin', {}),
    onSuccess: ({ address }) => window.location.assign(address),
  })
  if (!ways.data?.provider) return null
  return (
    <Stack>
      <Refusal error={begin.error} />
      <Button size="md" variant="default" loading={begin.isPending} onClick={() => begin.mutate()}>
        Sign in with {ways.data.provider}
      </Button>
      <Divider label="or" />
    </Stack>
  )
}

/** Back from the identity provider: what it said is handed over once, by itself. */
export function ReturnForm({ search, onOther }: { search: string; onOther(): void }) {
  const enter = useEntry('/oidc/finish')
  const begun = useRef(false)
  const { mutate } = enter
  useEffect(() => {
    if (begun.current) return
    begun.current = true
    mutate({ search })
  }, [mutate, search])
  if (!enter.isError)
    return (
      <Stack align="center">
        <Loader aria-label="Signing you in" />
      </Stack>
    )
  return (
    <Stack>
      <Refusal error={enter.error} />
      <Button onClick={onOther}>Begin anew</Button>
    </Stack>
  )
}
