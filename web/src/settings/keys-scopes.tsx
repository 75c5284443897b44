import { Checkbox, Group, ScrollArea, SimpleGrid, Stack, Text } from '@mantine/core'
import { Loaded } from '@/ui/states'
import { byResource, inWords, type Role, useActions } from './roles'

/** Which of the role's actions a key may do; a whole resource is one pattern, so that it also covers what comes later. */
export function ScopePicker(props: { role: Role; value: string[]; onChange(scopes: string[]): void }) {
  const actions = useActions()
  const toggle = (scope: string, on: boolean) =>
    props.onChange(on ? [...props.value, scope] : props.value.filter(each => each !== scope))
  return (
    <Loaded query={actions} lines={4}>
      {data => (
        <ScrollArea.Autosize mah={280} type="auto" offsetScrollbars>
          <Stack gap="sm">
            {byResource(data.items.filter(item => item.roles.includes(props.role))).map(
              ([resource, items]) => {
                const whole = `${resource}.*`
                const isWhole = props.value.includes(whole)
                return (
                  <div key={resource}>
                    <Group gap="md" mb={4}>
                      <Text size="sm" fw={600}>
                        {inWords(resource)}
                      </Text>
                      <Checkbox
                        size="xs"
                        label="everything"
                        aria-label={`Everything about ${resource}`}
                        checked={isWhole}
                        onChange={event => {
                          const rest = props.value.filter(each => !each.startsWith(`${resource}.`))
                          props.onChange(event.currentTarget.checked ? [...rest, whole] : rest)
                        }}
                      />
                    </Group>
                    <SimpleGrid cols={{ base: 2, sm: 3 }} spacing={4}>
                      {items.map(item => (
                        <Checkbox
                          key={item.action}
                          size="xs"
                          label={item.action}
                          checked={isWhole || props.value.includes(item.action)}
                          disabled={isWhole}
                          onChange={event => toggle(item.action, event.currentTarget.checked)}
                        />
                      ))}
                    </SimpleGrid>
                  </div>
                )
              },
            )}
          </Stack>
        </ScrollArea.Autosize>
      )}
    </Loaded>
  )
}
