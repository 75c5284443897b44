import { Badge, Button, Code, Group, Paper, Stack, Text, TextInput, Title } from '@mantine/core'
import { modals } from '@mantine/modals'
import { notifications } from '@mantine/notifications'
import { IconShieldCheck, IconShieldOff } from '@tabler/icons-react'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { call, client } from '@/api/client'
import { ErrorNote } from '@/ui/states'
import { RecoveryCodes } from './account-codes'
import { QrCode } from './qr-code'
import { Copy } from './show-once'

type Factor = { on: boolean; codesLeft: number; forAll: boolean }

/** A code of an app besides the password: how it stands, and the way to it or from it. */
export function SecondFactorCard({ factor }: { factor: Factor }) {
  return (
    <Paper withBorder p="md">
      <Stack>
        <Group justify="space-between">
          <Title order={2}>Second factor</Title>
          <Badge
            color={factor.on ? 'tend' : 'gray'}
            leftSection={factor.on ? <IconShieldCheck size={12} /> : <IconShieldOff size={12} />}
            c={factor.on ? undefined : 'var(--mantine-color-text)'}
          >
            {factor.on ? 'On' : 'Off'}
          </Badge>
        </Group>
        {factor.on ? <FactorOn factor={factor} /> : <SecondFactorSetUp />}
      </Stack>
    </Paper>
  )
}

function FactorOn({ factor }: { factor: Factor }) {
  const queries = useQueryClient()
  const again = () => queries.invalidateQueries({ queryKey: ['me'] })
  const renew = useMutation({
    mutationFn: () => call(client.POST('/api/v1/me/recovery-codes', {})),
    onSuccess: again,
  })
  const drop = useMutation({
    mutationFn: () => call(client.DELETE('/api/v1/me/second-factor', {})),
    onSuccess: again,
    onError: error => notifications.show({ color: 'red', title: 'Not changed', message: error.message }),
  })
  const askDrop = () =>
    modals.openConfirmModal({
      title: 'Go without a second factor?',
      children: <Text size="sm">Your password alone will let anybody in who knows it.</Text>,
      labels: { confirm: 'Remove it', cancel: 'Keep it' },
      confirmProps: { color: 'red' },
      onConfirm: () => drop.mutate(),
    })
  if (renew.data) return <RecoveryCodes codes={renew.data.recoveryCodes} onDone={() => renew.reset()} />
  return (
    <Stack>
      <Text size="sm">
        Signing in takes your password and a code of your app.{' '}
        {factor.codesLeft === 1 ? '1 recovery code is' : `${factor.codesLeft} recovery codes are`} left.
        {factor.codesLeft <= 3 && ' Make new ones before you run out.'}
      </Text>
      {renew.isError && <ErrorNote error={renew.error} />}
      <Group justify="flex-end">
        {!factor.forAll && (
          <Button variant="default" loading={drop.isPending} onClick={askDrop}>
            Remove
          </Button>
        )}
        <Button variant="default" loading={renew.isPending} onClick={() => renew.mutate()}>
          New recovery codes
        </Button>
      </Group>
    </Stack>
  )
}

/** From nothing to a second factor: a picture for the app, a first code, the recovery codes. */
export function SecondFactorSetUp() {
  const queries = useQueryClient()
  const [code, setCode] = useState('')
  const begin = useMutation({ mutationFn: () => call(client.POST('/api/v1/me/second-factor', {})) })
  const confirm = useMutation({
    mutationFn: () => call(client.POST('/api/v1/me/second-factor/confirm', { body: { code: code.trim() } })),
  })
  const done = async () => {
    await queries.invalidateQueries()
    begin.reset()
    confirm.reset()
    setCode('')
  }
  if (confirm.data) return <RecoveryCodes codes={confirm.data.recoveryCodes} onDone={() => void done()} />
  if (!begin.data)
    return (
      <Stack>
        <Text size="sm">
          With an authenticator app on your phone a stolen password is not enough to get in.
        </Text>
        {begin.isError && <ErrorNote error={begin.error} />}
        <Group justify="flex-end">
          <Button loading={begin.isPending} onClick={() => begin.mutate()}>
            Set up an app
          </Button>
        </Group>
      </Stack>
    )
  const submit = (event: FormEvent) => {
    event.preventDefault()
    confirm.mutate()
  }
  return (
    <form onSubmit={submit}>
      <Stack>
        <Text size="sm">1. Take this picture with your authenticator app, or type the letters in.</Text>
        <QrCode text={begin.data.address} label="QR code for your authenticator app" />
        <Group gap="xs" wrap="nowrap">
          <Code style={{ overflowWrap: 'anywhere' }}>{begin.data.secret}</Code>
          <Copy text={begin.data.secret} />
        </Group>
        <TextInput
          label="2. The code that the app shows now"
          inputMode="numeric"
          autoComplete="one-time-code"
          value={code}
          onChange={event => setCode(event.currentTarget.value)}
        />
        {confirm.isError && <ErrorNote error={confirm.error} />}
        <Group justify="flex-end">
          <Button type="submit" loading={confirm.isPending} disabled={code.trim().length < 6}>
            Turn it on
          </Button>
        </Group>
      </Stack>
    </form>
  )
}
