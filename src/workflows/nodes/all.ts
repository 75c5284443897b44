import type { Node } from '../node.ts'
import { addPoints } from './add-points.ts'
import { alertSales } from './alert-sales.ts'
import { branch } from './branch.ts'
import { crmMember, crmPush, crmTask, requestHandOff, setOwner } from './crm.ts'
import { exit } from './exit.ts'
import { addToList, removeFromList } from './list-member.ts'
import { moveToWorkflow } from './move-to-workflow.ts'
import { sendEmail } from './send-email.ts'
import { setField } from './set-field.ts'
import { split } from './split.ts'
import { wait } from './wait.ts'
import { waitFor } from './wait-for.ts'

/** Every kind of step, in the order in which the editor offers them. */
export const nodes: Node[] = [
  wait,
  waitFor,
  branch,
  split,
  sendEmail,
  alertSales,
  addPoints,
  setField,
  addToList,
  removeFromList,
  setOwner,
  requestHandOff,
  crmPush,
  crmTask,
  crmMember,
  moveToWorkflow,
  exit,
]

/** A kind of step by its type. */
export const nodeByType: ReadonlyMap<string, Node> = new Map(nodes.map(node => [node.type, node]))
