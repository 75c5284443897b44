import { SimpleGrid, Stack } from '@mantine/core'
import { useMe } from '@/shell/me'
import { Page } from '@/ui/page'
import { Loaded } from '@/ui/states'
import { PasswordForm } from './account-password'
import { ProfileForm } from './account-profile'
import { SecondFactorCard } from './account-second-factor'
import { MySessions } from './account-sessions'

/** My own name, address, password, second factor and open sessions. */
export function AccountScreen() {
  const me = useMe()
  return (
    <Page
      title="My account"
      words={me.data ? `${me.data.email ?? ''} · ${me.data.role}: ${me.data.roleSentence}` : undefined}
    >
      <Loaded query={me}>
        {data => (
          <Stack maw={960} gap="lg">
            <SimpleGrid cols={{ base: 1, md: 2 }} spacing="lg">
              <Stack gap="lg">
                <ProfileForm name={data.name} email={data.email ?? ''} hasPassword={data.hasPassword} />
                <PasswordForm hasPassword={data.hasPassword} />
              </Stack>
              {data.secondFactor && <SecondFactorCard factor={data.secondFactor} />}
            </SimpleGrid>
            <MySessions />
          </Stack>
        )}
      </Loaded>
    </Page>
  )
}
