import { Button, Code, Group, Menu, Modal, Stack, Text, TextInput } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { IconBan, IconDots, IconDownload, IconTrash } from '@tabler/icons-react'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { call, client } from '@/api/client'
import { useMe } from '@/shell/me'
import { ErrorNote } from '@/ui/states'
import { type Contact, contactKey, useContactRights } from './contact'
import { EraseDialog, ExportDialog } from './contact-privacy'

/** What can be done with a contact as a whole; what cannot be taken back asks first. */
export function ContactActions({ contact }: { contact: Contact }) {
  const role = useMe().data?.role
  const rights = useContactRights()
  const [asking, setAsking] = useState<'suppress' | 'export' | 'erase' | null>(null)
  const mayExport = role === 'owner' || role === 'admin'
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
            leftSection={<IconDownload size={16} />}
            disabled={!mayExport}
            title={mayExport ? undefined : 'Only owners and admins hand out all data about a person.'}
            onClick={() => setAsking('export')}
          >
            Export all data ...
          </Menu.Item>
          <Menu.Item
            leftSection={<IconTrash size={16} />}
            color="red"
            disabled={rights.delete !== null}
            title={rights.delete ?? undefined}
            onClick={() => setAsking('erase')}
          >
            Erase this person ...
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      {asking === 'suppress' && <SuppressDialog contact={contact} onClose={() => setAsking(null)} />}
      {asking === 'export' && <ExportDialog contact={contact} onClose={() => setAsking(null)} />}
      {asking === 'erase' && <EraseDialog contact={contact} onClose={() => setAsking(null)} />}
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
