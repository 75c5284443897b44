import { Anchor, Button, Group, Modal, PasswordInput, Stack, Text, TextInput } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { type FormEvent, useEffect, useState } from 'react'
import { onConfirmNeeded } from '@/api/client'
import { askAuth } from './auth'
import { useMe } from './me'
import { Refusal } from './sign-in-ways'

/** Asks who one is once more, when the server wants to know it before something grave; then goes on with that. */
export function ConfirmMyself() {
  const [answer, setAnswer] = useState<((confirmed: boolean) => void) | null>(null)
  useEffect(() => onConfirmNeeded(() => new Promise(resolve => setAnswer(() => resolve))), [])
  const close = (confirmed: boolean) => {
    answer?.(confirmed)
    setAnswer(null)
  }
  return (
    <Modal opened={answer !== null} onClose={() => close(false)} title="Is it still you?">
      {answer && <Proof onDone={close} />}
    </Modal>
  )
}

function Proof({ onDone }: { onDone(confirmed: boolean): void }) {
  const me = useMe().data
  const [byCode, setByCode] = useState(false)
  const [text, setText] = useState('')
  const confirm = useMutation({
    mutationFn: (body: object) => askAuth('/confirm', body),
    onSuccess: () => onDone(true),
  })
  const hasCode = me?.secondFactor?.on ?? false
  const useCode = byCode || (hasCode && !me?.hasPassword)
  if (!me?.hasPassword && !hasCode)
    return (
      <Stack>
        <Text size="sm">
          This is grave enough to ask for your password, and you have none yet.{' '}
          <Anchor href="/settings/account">Set one under My account</Anchor>, or sign in anew.
        </Text>
      </Stack>
    )
  const submit = (event: FormEvent) => {
    event.preventDefault()
    confirm.mutate(useCode ? { code: text.trim() } : { password: text })
  }
  return (
    <form onSubmit={submit}>
      <Stack>
        <Text size="sm">You signed in a while ago, and what you are about to do is grave.</Text>
        <Refusal error={confirm.error} />
        {useCode ? (
          <TextInput
            label="Code of your authenticator app"
            autoComplete="one-time-code"
            data-autofocus
            value={text}
            onChange={event => setText(event.currentTarget.value)}
          />
        ) : (
          <PasswordInput
            label="Your password"
            autoComplete="current-password"
            data-autofocus
            value={text}
            onChange={event => setText(event.currentTarget.value)}
          />
        )}
        <Group justify="space-between">
          {hasCode && me?.hasPassword ? (
            <Button variant="subtle" onClick={() => setByCode(!byCode)}>
              {byCode ? 'Use the password' : 'Use a code'}
            </Button>
          ) : (
            <span />
          )}
          <Button type="submit" loading={confirm.isPending} disabled={!text}>
            It is me
          </Button>
        </Group>
      </Stack>
    </form>
  )
}
