import { Group, Kbd, Modal, Table } from '@mantine/core'

const keys: { keys: string[]; words: string }[] = [
  { keys: ['Ctrl', 'K'], words: 'Search, or go to any screen (on a Mac: Cmd K)' },
  { keys: ['/'], words: 'The same' },
  { keys: ['?'], words: 'These keys' },
  { keys: ['Esc'], words: 'Close what is open' },
  { keys: ['Tab'], words: 'Go on to the next place; with Shift to the one before' },
  { keys: ['↑', '↓'], words: 'Walk through the steps of a workflow, or through a list that is open' },
]

/** The keys that work everywhere. */
export function Shortcuts({ onClose }: { onClose(): void }) {
  return (
    <Modal opened onClose={onClose} title="Keys">
      <Table>
        <Table.Tbody>
          {keys.map(row => (
            <Table.Tr key={row.words}>
              <Table.Td>
                <Group gap={4} wrap="nowrap">
                  {row.keys.map(key => (
                    <Kbd key={key}>{key}</Kbd>
                  ))}
                </Group>
              </Table.Td>
              <Table.Td>{row.words}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Modal>
  )
}
