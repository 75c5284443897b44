import { ModalsProvider } from '@mantine/modals'
import { Notifications } from '@mantine/notifications'
import '@mantine/notifications/styles.css'

/** Where questions and short messages show up, whoever asks for them. */
export function Dialogs() {
  return (
    <>
      <ModalsProvider />
      <Notifications position="bottom-right" />
    </>
  )
}
