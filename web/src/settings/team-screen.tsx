import { Button, Group, Tabs } from '@mantine/core'
import { IconPlus } from '@tabler/icons-react'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { useCreating } from '@/ui/create-dialog'
import { Page } from '@/ui/page'
import { useIsAdmin } from './roles'
import { InvitationTable } from './team-invitations'
import { InviteDialog } from './team-invite'
import { PeopleTable } from './team-people'
import { RoleMatrix } from './team-roles'
import { FactorRule } from './team-rule'

/** Who works with this installation, who was asked in, and what each role may do. */
export function TeamScreen() {
  const mayEdit = useIsAdmin()
  const creating = useCreating()
  const search = useSearch({ strict: false }) as Record<string, string | undefined>
  const go = useNavigate()
  const tab = search.tab ?? 'people'
  return (
    <Page
      title="Team & roles"
      words="Who works with Tend and what each may do."
      actions={
        <Button leftSection={<IconPlus size={16} />} disabled={!mayEdit} onClick={creating.open}>
          Invite somebody
        </Button>
      }
    >
      <Tabs
        value={tab}
        onChange={next => void go({ to: '.', search: { tab: next ?? 'people' } as never })}
        keepMounted={false}
      >
        <Tabs.List mb="md">
          <Tabs.Tab value="people">People</Tabs.Tab>
          {mayEdit && <Tabs.Tab value="invitations">Invitations</Tabs.Tab>}
          <Tabs.Tab value="roles">Roles</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="people">
          <Group mb="md">
            <FactorRule />
          </Group>
          <PeopleTable />
        </Tabs.Panel>
        {mayEdit && (
          <Tabs.Panel value="invitations">
            <InvitationTable />
          </Tabs.Panel>
        )}
        <Tabs.Panel value="roles">
          <RoleMatrix />
        </Tabs.Panel>
      </Tabs>
      <InviteDialog />
    </Page>
  )
}
