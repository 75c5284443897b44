import { Button, Group, Paper, PasswordInput, Stack, Text, Title } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { askAuth } from '@/shell/auth'
import { ErrorNote } from '@/ui/states'

export function PasswordForm({ hasPassword }: { hasPassword: boolean }) {
  const queries = useQueryClient()
  const [current, setCurrent] = useState('')
  const [password, setNew] = useState('')
  const save = useMutation({
    mutationFn: () => askAuth('/password', { password, ...(hasPassword ? { current } : {}) }),
    onSuccess: async () => {
      notifications.show({ message: 'Your password is set. Other sessions of yours have ended.' })
      setCurrent('')
      setNew('')
      await queries.invalidateQueries({ queryKey: ['me'] })
      await queries.invalidateQueries({ queryKey: ['my-sessions'] })
    },
  })
  return (
    <Paper withBorder p="md">
      <Stack>
        <Title order={2}>{hasPassword ? 'Change the password' : 'Set a password'}</Title>
        {!hasPassword && (
          <Text size="sm">You came in without one. With a password you can come back by yourself.</Text>
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
