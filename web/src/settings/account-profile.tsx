import { Button, Group, Paper, PasswordInput, Stack, Text, TextInput, Title } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { call, client } from '@/api/client'
import { ErrorNote } from '@/ui/states'

/** Name and address. The address is the way in, so a new one takes the password and ends all sessions. */
export function ProfileForm(props: { name: string; email: string; hasPassword: boolean }) {
  const queries = useQueryClient()
  const [name, setName] = useState(props.name)
  const [email, setEmail] = useState(props.email)
  const [current, setCurrent] = useState('')
  const moves = email.trim().toLowerCase() !== props.email
  const save = useMutation({
    mutationFn: () =>
      call(
        client.PATCH('/api/v1/me', {
          body: { name: name.trim(), ...(moves ? { email: email.trim(), current } : {}) },
        }),
      ),
    onSuccess: async () => {
      notifications.show({ message: moves ? 'Saved. Sign in with the new address.' : 'Saved.' })
      await queries.invalidateQueries({ queryKey: ['me'] })
    },
  })
  const changed = name.trim() !== props.name || moves
  return (
    <Paper withBorder p="md">
      <Stack>
        <Title order={2}>Who I am</Title>
        <TextInput label="Name" value={name} onChange={event => setName(event.currentTarget.value)} />
        <TextInput
          label="Address"
          type="email"
          value={email}
          onChange={event => setEmail(event.currentTarget.value)}
        />
        {moves && props.hasPassword && (
          <>
            <PasswordInput
              label="Current password"
              autoComplete="current-password"
              value={current}
              onChange={event => setCurrent(event.currentTarget.value)}
            />
            <Text size="sm">With a new address you sign in anew, here and everywhere else.</Text>
          </>
        )}
        {save.isError && <ErrorNote error={save.error} />}
        <Group justify="flex-end">
          <Button disabled={!name.trim() || !changed} loading={save.isPending} onClick={() => save.mutate()}>
            Save
          </Button>
        </Group>
      </Stack>
    </Paper>
  )
}
