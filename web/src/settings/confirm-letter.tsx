import { Button, Group, Paper, Stack, Text, Textarea, TextInput, Title } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { call, client } from '@/api/client'
import { useMe } from '@/shell/me'
import { ErrorNote, Loaded } from '@/ui/states'

const readSending = () => call(client.GET('/api/v1/sending'))
type Letter = { confirmSubject: string; confirmText: string }

/** The letter of the double opt-in. Empty fields mean our own words, in the reader's language. */
export function ConfirmLetter() {
  const sending = useQuery({ queryKey: ['sending'], queryFn: readSending })
  return (
    <Paper withBorder p="md">
      <Stack gap="sm">
        <Title order={2}>The letter that asks to confirm</Title>
        <Text size="sm">
          With double opt-in a wish counts only when its person has confirmed it from the mailbox itself.
          Until then this letter is all that goes there, at most once a day. Its link works for seven days.
        </Text>
        <Loaded query={sending} lines={3}>
          {({ settings }) => (
            <Form
              key={JSON.stringify([settings.confirmSubject, settings.confirmText])}
              letter={{ confirmSubject: settings.confirmSubject, confirmText: settings.confirmText }}
              brand={settings.fromName}
            />
          )}
        </Loaded>
      </Stack>
    </Paper>
  )
}

function Form({ letter, brand }: { letter: Letter; brand: string }) {
  const queries = useQueryClient()
  const role = useMe().data?.role
  const locked = role !== 'owner' && role !== 'admin'
  const [draft, setDraft] = useState(letter)
  const save = useMutation({
    mutationFn: () => call(client.PATCH('/api/v1/sending', { body: draft })),
    onSuccess: () => notifications.show({ message: 'Saved. The next letter reads like this.' }),
    onSettled: () => queries.invalidateQueries({ queryKey: ['sending'] }),
  })
  return (
    <Stack gap="sm">
      <TextInput
        label="Subject"
        placeholder={`Please confirm: emails from ${brand}`}
        disabled={locked}
        maxLength={200}
        value={draft.confirmSubject}
        onChange={event => setDraft({ ...draft, confirmSubject: event.currentTarget.value })}
      />
      <Textarea
        label="Text, above the button"
        description="Left empty, both are ours, in the language of the contact (English, German)"
        placeholder={`Somebody, probably you, asked for emails from ${brand} to this address.`}
        autosize
        minRows={3}
        disabled={locked}
        maxLength={2000}
        value={draft.confirmText}
        onChange={event => setDraft({ ...draft, confirmText: event.currentTarget.value })}
      />
      {save.isError && <ErrorNote error={save.error} />}
      <Group justify="flex-end">
        {locked && (
          <Text size="sm" c="dimmed">
            Only owners and admins change this.
          </Text>
        )}
        <Button
          disabled={locked || JSON.stringify(draft) === JSON.stringify(letter)}
          loading={save.isPending}
          onClick={() => save.mutate()}
        >
          Save the letter
        </Button>
      </Group>
    </Stack>
  )
}
