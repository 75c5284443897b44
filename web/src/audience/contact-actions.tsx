import { Button, Code, Group, List, Menu, Modal, Stack, Text, TextInput } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { IconBan, IconDots, IconTrash } from '@tabler/icons-react'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { type FormEvent, useState } from 'react'
import { call, client } from '@/api/client'
import { useMe } from '@/shell/me'
import { personName } from '@/ui/format'
import { ErrorNote } from '@/ui/states'
import { type Contact, contactKey, useContactRights } from './contact'
import { useStays } from './contact-workflows'

/** What can be done with a contact as a whole; what cannot be taken back asks first. */
export function ContactActions({ contact }: { contact: Contact }) {
  const role = useMe().data?.role
  const rights = useContactRights()
  const [asking, setAsking] = useState<'suppress' | 'delete' | null>(null)
  const maySuppress = role === 'owner' || role === 'admin' || role === 'marketer'
  return (
    <>
      <Menu position="bottom-end" shadow="md">
        <Menu.Target>
          <Button variant="default" px={8} aria-label="More actions">
            <IconDots size={16} />
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item
            leftSection={<IconBan size={16} />}
            disabled={!maySuppress || !contact.email}
            onClick={() => setAsking('suppress')}
          >
            Never write to this address ...
          </Menu.Item>
          <Menu.Item
            leftSection={<IconTrash size={16} />}
            color="red"
            disabled={rights.delete !== null}
            title={rights.delete ?? undefined}
            onClick={() => setAsking('delete')}
          >
            Delete this contact ...
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      {asking === 'suppress' && <SuppressDialog contact={contact} onClose={() => setAsking(null)} />}
      {asking === 'delete' && <DeleteDialog contact={contact} onClose={() => setAsking(null)} />}
    </>
  )
}

function SuppressDialog({ contact, onClose }: { contact: Contact; onClose(): void }) {
  const queries = useQueryClient()
  const [note, setNote] = useState('')
  const suppress = useMutation({
    mutationFn: () =>
      call(
        client.POST('/api/v1/contacts/{id}/suppress', {
          params: { path: { id: contact.id } },
          body: { note: note.trim() },
        }),
      ),
    onSuccess: () => {
      void queries.invalidateQueries({ queryKey: contactKey(contact.id) })
      notifications.show({ message: `Nothing goes to ${contact.email} any more.` })
      onClose()
    },
  })
  return (
    <Modal opened onClose={onClose} title="Never write to this address">
      <Stack>
        <Text size="sm">
          No message of any kind goes to <Code>{contact.email}</Code> from now on, whatever consents or
          workflows say, even if the contact is deleted and comes again.
        </Text>
        <TextInput
          label="Why (optional)"
          placeholder="Asked for it on the phone"
          data-autofocus
          value={note}
          onChange={event => setNote(event.currentTarget.value)}
        />
        {suppress.isError && <ErrorNote error={suppress.error} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button color="red" loading={suppress.isPending} onClick={() => suppress.mutate()}>
            Never write to it
          </Button>
        </Group>
      </Stack>
    </Modal>
  )
}

/** Nothing of it can be brought back, so the address has to be typed. */
function DeleteDialog({ contact, onClose }: { contact: Contact; onClose(): void }) {
  const queries = useQueryClient()
  const go = useNavigate()
  const stays = useStays(contact.id)
  const [typed, setTyped] = useState('')
  const word = contact.email ?? 'delete'
  const running = (stays.data?.items ?? []).filter(
    stay => stay.status === 'active' || stay.status === 'parked',
  )
  const erase = useMutation({
    mutationFn: () => call(client.DELETE('/api/v1/contacts/{id}', { params: { path: { id: contact.id } } })),
    onSuccess: async () => {
      notifications.show({ message: `${personName(contact)} was deleted, with all that was held.` })
      await go({ to: '/contacts' })
      queries.removeQueries({ queryKey: contactKey(contact.id) })
      void queries.invalidateQueries({ queryKey: ['contacts'] })
    },
  })
  const isRight = typed.trim().toLowerCase() === word
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (isRight) erase.mutate()
  }
  return (
    <Modal opened onClose={onClose} title={`Delete ${personName(contact)}?`}>
      <form onSubmit={submit}>
        <Stack>
          <List size="sm" spacing={4}>
            <List.Item>
              The profile, the whole timeline, messages, scores and the ledger of consent are removed for
              good.
            </List.Item>
            {running.length > 0 && (
              <List.Item>
                It stands in {running.length === 1 ? '1 workflow' : `${running.length} workflows`} (
                {running.map(stay => stay.workflowName).join(', ')}); what waits there does not happen.
              </List.Item>
            )}
            <List.Item>
              If the address ever opted out, that stays known by a hash, and nobody writes to it again.
            </List.Item>
          </List>
          <TextInput
            label={
              <>
                Type <Code>{word}</Code> to delete
              </>
            }
            autoComplete="off"
            data-autofocus
            value={typed}
            onChange={event => setTyped(event.currentTarget.value)}
          />
          {erase.isError && <ErrorNote error={erase.error} />}
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              Keep the contact
            </Button>
            <Button type="submit" color="red" loading={erase.isPending} disabled={!isRight}>
              Delete for good
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  )
}
