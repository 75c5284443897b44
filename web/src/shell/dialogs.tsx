import { ModalsProvider } from '@mantine/modals'
import { Notifications } from '@mantine/notifications'
import '@mantine/notifications/styles.css'
import { ConfirmMyself } from './confirm-myself'

/** Where questions and short messages show up, whoever asks for them. */
export function Dialogs() {
  return (
    <>
      <ModalsProvider />
      <ConfirmMyself />
      <Notifications position="bottom-right" />
    </>
  )
}
