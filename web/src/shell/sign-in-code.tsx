import { Button, Stack, Text, TextInput } from '@mantine/core'
import { type FormEvent, useState } from 'react'
import { call, client } from '@/api/client'
import { useEntry } from './auth'
import { Refusal } from './sign-in-ways'

/** The second factor: a code of the app, or one of the recovery codes. */
export function CodeForm() {
  const enter = useEntry('/second-factor')
  const [code, setCode] = useState('')
  const submit = (event: FormEvent) => {
    event.preventDefault()
    enter.mutate({ code: code.trim() })
  }
  const leave = async () => {
    await call(client.POST('/api/v1/sign-out', {})).catch(() => undefined)
    window.location.assign('/sign-in')
  }
  return (
    <form onSubmit={submit}>
      <Stack>
        <Refusal error={enter.error} />
        <TextInput
          label="Code of your authenticator app"
          description="Without the app at hand, one of your recovery codes"
          autoComplete="one-time-code"
          required
          data-autofocus
          value={code}
          onChange={event => setCode(event.currentTarget.value)}
        />
        <Button type="submit" size="md" loading={enter.isPending} disabled={code.trim().length < 6}>
          Go on
        </Button>
        <Text size="sm" c="dimmed">
          Lost both? An administrator can take your second factor off.
        </Text>
        <Button variant="subtle" onClick={() => void leave()}>
          Sign in as somebody else
        </Button>
      </Stack>
    </form>
  )
}
