import { Button, Group, Text } from '@mantine/core'
import { notifications } from '@mantine/notifications'

/** Says what was done, and offers to take it back while the words are on the screen. */
export function showUndo(words: string, undo: () => Promise<unknown>): void {
  const id = `undo-${Date.now()}`
  const takeBack = async () => {
    notifications.hide(id)
    try {
      await undo()
      notifications.show({ message: 'Taken back.' })
    } catch (error) {
      notifications.show({
        color: 'red',
        title: 'This could not be taken back',
        message: error instanceof Error ? error.message : '',
      })
    }
  }
  notifications.show({
    id,
    autoClose: 8_000,
    message: (
      <Group justify="space-between" wrap="nowrap">
        <Text size="sm">{words}</Text>
        <Button size="compact-sm" variant="default" style={{ flex: 'none' }} onClick={() => void takeBack()}>
          Undo
        </Button>
      </Group>
    ),
  })
}
