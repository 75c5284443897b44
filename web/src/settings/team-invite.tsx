import { Button, Group, Modal, Select, Stack, Text, TextInput } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { call, client } from '@/api/client'
import { useCreating } from '@/ui/create-dialog'
import { ErrorNote } from '@/ui/states'
import { type Role, roleOf, useGivableRoles, useRoleWords } from './roles'
import { ShowOnce } from './show-once'

type Made = { email: string; link: string; mail: { sent: boolean; words: string } | null }

/** The link of an invitation, at the only moment at which it can be seen, and whether it went out by mail. */
export function MadeInvitation({ made }: { made: Made }) {
  const { email, link, mail } = made
  return (
    <ShowOnce
      title={mail?.sent ? `Sent to ${email}` : `Send this to ${email}`}
      secret={link}
      words={`${mail && !mail.sent ? `${mail.words} ` : ''}${mail?.sent ? 'The same link, if the mail gets lost.' : 'Please pass the link on yourself.'} It is shown only now, works once, and for seven days. Behind it a name and a password are asked for.`}
    />
  )
}

/** Asks somebody in by mail. The link is shown once as well. */
export function InviteDialog() {
  const { opened, close } = useCreating()
  const queries = useQueryClient()
  const words = useRoleWords()
  const givable = useGivableRoles()
  const [email, setEmail] = useState('')
  const [role, setRole] = useState<Role>('marketer')
  const invite = useMutation({
    mutationFn: () => call(client.POST('/api/v1/invitations', { body: { email: email.trim(), role } })),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['invitations'] }),
  })
  const leave = () => {
    invite.reset()
    setEmail('')
    close()
  }
  const submit = (event: FormEvent) => {
    event.preventDefault()
    invite.mutate()
  }
  const sentence = words.data?.items.find(item => item.role === role)?.sentence
  return (
    <Modal opened={opened} onClose={leave} title="Invite somebody">
      {invite.data ? (
        <Stack>
          <MadeInvitation made={invite.data} />
          <Group justify="flex-end">
            <Button onClick={leave}>I have it</Button>
          </Group>
        </Stack>
      ) : (
        <form onSubmit={submit}>
          <Stack>
            <TextInput
              label="Address"
              type="email"
              required
              data-autofocus
              value={email}
              onChange={event => setEmail(event.currentTarget.value)}
            />
            <Select
              label="Role"
              data={givable}
              allowDeselect={false}
              value={role}
              onChange={value => setRole(roleOf(value))}
            />
            {sentence && (
              <Text size="sm" c="dimmed">
                {sentence}
              </Text>
            )}
            {invite.isError && <ErrorNote error={invite.error} />}
            <Group justify="flex-end">
              <Button variant="default" onClick={leave}>
                Cancel
              </Button>
              <Button type="submit" loading={invite.isPending} disabled={!email.trim()}>
                Send the invitation
              </Button>
            </Group>
          </Stack>
        </form>
      )}
    </Modal>
  )
}
