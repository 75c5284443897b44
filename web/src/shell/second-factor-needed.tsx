import { Center, Paper, Stack, Text, Title } from '@mantine/core'
import { SecondFactorSetUp } from '@/settings/account-second-factor'

/** Owners ask everybody for a second factor: nothing else opens before it is set up. */
export function SecondFactorNeeded() {
  return (
    <Center mih="100vh" p="md" bg="var(--tend-quiet)">
      <Paper withBorder p="xl" w={480} maw="100%" radius="lg" component="main">
        <Stack>
          <img src="/icon.svg" width={40} height={40} alt="" />
          <Title order={1}>Set up a second factor</Title>
          <Text size="sm">
            Here everybody signs in with a password and a code of an authenticator app. It takes a minute.
          </Text>
          <SecondFactorSetUp />
        </Stack>
      </Paper>
    </Center>
  )
}
