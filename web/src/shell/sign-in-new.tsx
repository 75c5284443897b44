import { Button, Loader, PasswordInput, Stack, Text, TextInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { askAuth, useEntry } from './auth'
import { Refusal } from './sign-in-ways'

type Invitation = { email: string; role: string; invitedBy: string }

/** Somebody was asked in: a name and a password make the account. */
export function InvitationForm({ token }: { token: string }) {
  const enter = useEntry('/invitation')
  const [name, setName] = useState('')
  const [password, setPassword] = useState('')
  const look = useQuery({
    queryKey: ['invitation', token],
    queryFn: () => askAuth<Invitation>('/invitation/look', { token }),
    retry: false,
    staleTime: Number.POSITIVE_INFINITY,
  })
  if (look.isPending) return <Loader aria-label="Loading" />
  if (look.isError) return <Refusal error={look.error} />
  const submit = (event: FormEvent) => {
    event.preventDefault()
    enter.mutate({ token, name: name.trim(), password })
  }
  return (
    <form onSubmit={submit}>
      <Stack>
        <Text size="sm">
          {look.data.invitedBy} asks you in as <b>{look.data.role}</b>. You will sign in as{' '}
          <b>{look.data.email}</b>.
        </Text>
        <Refusal error={enter.error} />
        <TextInput
          label="Your name"
          autoComplete="name"
          required
          data-autofocus
          value={name}
          onChange={event => setName(event.currentTarget.value)}
        />
        <NewPassword value={password} onChange={setPassword} />
        <Button
          type="submit"
          size="md"
          loading={enter.isPending}
          disabled={!name.trim() || password.length < 12}
        >
          Join the team
        </Button>
      </Stack>
    </form>
  )
}

/** An administrator made a link for somebody who lost the password. */
export function ResetForm({ token }: { token: string }) {
  const enter = useEntry('/reset')
  const [password, setPassword] = useState('')
  const submit = (event: FormEvent) => {
    event.preventDefault()
    enter.mutate({ token, password })
  }
  return (
    <form onSubmit={submit}>
      <Stack>
        <Text size="sm">Set a new password. Wherever you are signed in, that ends.</Text>
        <Refusal error={enter.error} />
        <NewPassword value={password} onChange={setPassword} />
        <Button type="submit" size="md" loading={enter.isPending} disabled={password.length < 12}>
          Set the password and sign in
        </Button>
      </Stack>
    </form>
  )
}

function NewPassword({ value, onChange }: { value: string; onChange(password: string): void }) {
  return (
    <PasswordInput
      label="New password"
      description="At least 12 characters; a sentence is fine"
      autoComplete="new-password"
      required
      value={value}
      onChange={event => onChange(event.currentTarget.value)}
    />
  )
}
