/** What people call a setting; others are called by their own name. */
const labels: Record<string, string> = {
  for: 'For how long',
  at: 'Then until (hour of the day)',
  weekdays: 'Then only on',
  zone: 'By whose time',
  atMost: 'At most for',
  email: 'Only in the email of this step',
  emailId: 'Email',
  class: 'Kind of mail',
  purpose: 'Purpose that must be agreed to',
  topicId: 'Topic',
  message: 'What to say',
  fallbackUserId: 'Who hears of it when the contact has no owner',
  webhookUrl: 'Webhook (a Slack channel, for instance)',
  modelId: 'Score',
  points: 'Points',
  reason: 'Reason, as the ledger will say it',
  listId: 'List',
  workflowId: 'Workflow',
}
export const hints: Record<string, string> = {
  class: 'Marketing needs consent and is held by limits and quiet hours. Service is what somebody asked for.',
  message: 'The contact’s name stands before it: “Ann Smith is ready for a call”.',
  points: 'Negative points take away.',
}
export const choiceWords: Record<string, string> = { marketing: 'Marketing', service: 'Service' }

export const labelOf = (name: string) =>
  labels[name] ??
  name.charAt(0).toUpperCase() +
    name
      .slice(1)
      .replace(/([A-Z])/g, ' $1')
      .toLowerCase()
