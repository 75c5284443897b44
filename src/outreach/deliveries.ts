// What was to be said, as people see it: for those who list it or hand it out.
export { listMessages, type MessageView, states } from './messages.view.ts'
