import { Button, Group, Modal, Stack, Text, Textarea } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { call, client } from '@/api/client'
import { ErrorNote } from '@/ui/states'
import { useTopicName } from './consent-ledger'
import { contactKey } from './contact'

export type Asked = { purpose: string; topicId: string | null; state: 'granted' | 'withdrawn' | 'pending' }

/** Records what the person said: to take consent back needs a click, to give it needs proof. */
export function ConsentDialog({
  contactId,
  asked,
  onClose,
}: {
  contactId: string
  asked: Asked
  onClose(): void
}) {
  const queries = useQueryClient()
  const topicName = useTopicName()
  const [wording, setWording] = useState('')
  const [note, setNote] = useState('')
  const isGrant = asked.state === 'granted'
  const isWish = asked.state === 'pending'
  const about = asked.topicId ? `“${topicName(asked.topicId)}”` : `all ${asked.purpose}`
  const say = useMutation({
    mutationFn: () =>
      call(
        client.POST('/api/v1/contacts/{id}/consents', {
          params: { path: { id: contactId } },
          body: {
            purpose: asked.purpose,
            topicId: asked.topicId,
            state: asked.state,
            ...(isWish ? { doubleOptIn: true } : {}),
            ...(isWish && !wording.trim() ? {} : isGrant || isWish ? { wording: wording.trim() } : {}),
            ...(note.trim() ? { note: note.trim() } : {}),
          },
        }),
      ),
    onSuccess: () => {
      void queries.invalidateQueries({ queryKey: contactKey(contactId) })
      notifications.show({
        message: isWish
          ? 'The letter is on its way. Until it is confirmed nothing else is sent.'
          : isGrant
            ? 'Agreement recorded, with its proof.'
            : 'Withdrawal recorded. It holds from the next message on.',
      })
      onClose()
    },
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    say.mutate()
  }
  return (
    <Modal
      opened
      onClose={onClose}
      title={
        isWish ? `Ask to confirm ${about}` : isGrant ? `Record agreement to ${about}` : `Withdraw ${about}`
      }
      size="lg"
    >
      <form onSubmit={submit}>
        <Stack>
          {isGrant ? (
            <>
              <Text size="sm">
                Only what the person said counts. The proof is kept for good, with your name.
              </Text>
              <Textarea
                label="The words that were agreed to"
                placeholder="“Send me news about ... by email.”"
                required
                autosize
                minRows={2}
                data-autofocus
                value={wording}
                onChange={event => setWording(event.currentTarget.value)}
              />
            </>
          ) : isWish ? (
            <>
              <Text size="sm">
                A letter asks the person to confirm from the mailbox itself. It goes out once a day at most,
                and until it is confirmed nothing else does.
              </Text>
              <Textarea
                label="The words that are agreed to (optional)"
                placeholder="“Send me news about ... by email.”"
                autosize
                minRows={2}
                value={wording}
                onChange={event => setWording(event.currentTarget.value)}
              />
            </>
          ) : (
            <Text size="sm">
              From the next message on nothing of this goes out to the contact. To undo it later takes the
              person’s own word again, with proof.
            </Text>
          )}
          <Textarea
            label={isGrant ? 'When and how' : 'How you know (optional)'}
            placeholder={
              isGrant ? 'On the phone, 12 May at 10:20, with Mia' : 'By reply to our mail of 12 May'
            }
            required={isGrant}
            autosize
            minRows={2}
            value={note}
            onChange={event => setNote(event.currentTarget.value)}
          />
          {say.isError && <ErrorNote error={say.error} />}
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              Cancel
            </Button>
            <Button
              type="submit"
              color={isGrant || isWish ? undefined : 'red'}
              loading={say.isPending}
              disabled={isGrant && !(wording.trim() && note.trim())}
            >
              {isWish ? 'Send the letter' : isGrant ? 'Record agreement' : 'Record withdrawal'}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  )
}
