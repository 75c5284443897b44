import { z } from 'zod'
import { type Definition, type Draft, definitionSchema } from './definition.ts'
import type { Reference, Step } from './node.ts'
import { nodeByType } from './nodes/all.ts'

/** Something to put right before publishing. `path` points into the definition, dots between parts. */
export type Problem = { path: string; node: string | null; message: string }

/** What a look at a draft yields: problems, and (as far as they can be read) its steps and what they rely on. */
export type Findings = {
  problems: Problem[]
  definition: Definition | null
  references: { node: string; reference: Reference }[]
  writes: string[]
}

/** Checks a draft by itself: shape, settings, exits, reachability, circles. References are checked elsewhere. */
export function findProblems(draft: Draft): Findings {
  const parsed = definitionSchema.safeParse(draft)
  const problems = parsed.success ? [] : parsed.error.issues.map(issue => ofIssue(issue, [], null))
  const steps = new Map<string, Step>()
  for (const [id, placed] of Object.entries(draft.nodes ?? {})) {
    const kind = nodeByType.get(placed.type)
    if (!kind) {
      problems.push({
        path: `nodes.${id}.type`,
        node: id,
        message: `There is no step of the kind “${placed.type}”`,
      })
      continue
    }
    const step = bind(kind, placed.settings ?? {}, id, problems)
    if (step) steps.set(id, step)
  }
  checkExits(draft, steps, problems)
  checkReach(draft, problems)
  checkCircles(draft, steps, problems)
  const references = [...steps].flatMap(([node, step]) => step.uses.map(reference => ({ node, reference })))
  const writes = [...steps.values()].flatMap(step => step.writes)
  return { problems: unique(problems), definition: parsed.success ? parsed.data : null, references, writes }
}

function bind(
  kind: NonNullable<ReturnType<typeof nodeByType.get>>,
  settings: unknown,
  id: string,
  problems: Problem[],
): Step | null {
  try {
    return kind.bind(settings)
  } catch (error) {
    if (!(error instanceof z.ZodError)) throw error
    for (const issue of error.issues) problems.push(ofIssue(issue, ['nodes', id, 'settings'], id))
    return null
  }
}

function ofIssue(issue: z.core.$ZodIssue, before: string[], node: string | null): Problem {
  const path = [...before, ...issue.path.map(String)]
  return {
    path: path.join('.'),
    node: node ?? (path[0] === 'nodes' ? (path[1] ?? null) : null),
    message: issue.message,
  }
}

function checkExits(draft: Draft, steps: ReadonlyMap<string, Step>, problems: Problem[]): void {
  for (const [id, step] of steps) {
    const wired = draft.nodes?.[id]?.exits ?? {}
    for (const exit of step.exits) {
      const path = `nodes.${id}.exits.${exit}`
      if (!Object.hasOwn(wired, exit))
        problems.push({ path, node: id, message: `The way “${exit}” leads nowhere yet` })
    }
    for (const [exit, target] of Object.entries(wired)) {
      const path = `nodes.${id}.exits.${exit}`
      if (!step.exits.includes(exit))
        problems.push({ path, node: id, message: `This step has no way “${exit}”` })
      else if (target !== null && !draft.nodes?.[target]) {
        problems.push({ path, node: id, message: 'This way leads to a step that is not there' })
      }
    }
    const email = step.listens?.email
    if (email !== undefined && draft.nodes?.[email]?.type !== 'send-email') {
      const message = 'Choose a step that sends an email'
      problems.push({ path: `nodes.${id}.settings.email`, node: id, message })
    }
  }
}

function checkReach(draft: Draft, problems: Problem[]): void {
  const nodes = draft.nodes ?? {}
  if (!draft.start || !nodes[draft.start]) {
    problems.push({ path: 'start', node: null, message: 'Choose the first step' })
    return
  }
  const reached = new Set<string>([draft.start])
  const open = [draft.start]
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    for (const target of targetsOf(draft, id)) {
      if (reached.has(target)) continue
      reached.add(target)
      open.push(target)
    }
  }
  for (const id of Object.keys(nodes)) {
    if (!reached.has(id))
      problems.push({ path: `nodes.${id}`, node: id, message: 'No way leads to this step' })
  }
}

/** Without a wait in it, a circle would turn for ever within one moment. */
function checkCircles(draft: Draft, steps: ReadonlyMap<string, Step>, problems: Problem[]): void {
  const state = new Map<string, 'open' | 'done'>()
  for (const root of Object.keys(draft.nodes ?? {})) {
    const path: { id: string; targets: string[] }[] = []
    const enter = (id: string) => {
      state.set(id, 'open')
      path.push({ id, targets: steps.get(id)?.holds ? [] : targetsOf(draft, id) })
    }
    if (!state.has(root)) enter(root)
    for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
      const target = top.targets.pop()
      if (target === undefined) {
        state.set(top.id, 'done')
        path.pop()
      } else if (state.get(target) === 'open' && path.some(each => each.id === target)) {
        const message = 'This way leads back in a circle without a wait'
        problems.push({ path: `nodes.${top.id}.exits`, node: top.id, message })
      } else if (!state.has(target)) enter(target)
    }
  }
}

function targetsOf(draft: Draft, id: string): string[] {
  const targets = Object.values(draft.nodes?.[id]?.exits ?? {})
  return targets.filter((target): target is string => target !== null && Boolean(draft.nodes?.[target]))
}

function unique(problems: Problem[]): Problem[] {
  const seen = new Map(problems.map(problem => [`${problem.path} ${problem.message}`, problem]))
  return [...seen.values()]
}
