/** `cointrader config`. */
import { resolve } from 'node:path'
import { EXIT, type Json, stableJson } from '@cointrader/core'
import { explainStudy, studyEntries, studyJsonSchema } from '@cointrader/study'
import type { ConfigFlags } from '../commands/config.js'
import { runCommand } from '../context.js'
import { textTable } from '../table.js'
import { openStudy } from './study-open.js'

const options = (flags: ConfigFlags) => ({ command: 'config', dataDir: '.', json: flags.json, lock: false }) as const

export async function explain(file: string | undefined, flags: ConfigFlags): Promise<void> {
  await runCommand(options(flags), async (ctx) => {
    if (file === undefined) {
      const entries = studyEntries()
      ctx.print(
        textTable(
          ['entry', 'value', 'default', 'what'],
          entries.map((e) => [e.path, e.type, e.required ? 'required' : e.fallback, e.description]),
        ),
      )
      ctx.printJson(entries)
      return EXIT.done
    }
    const entries = explainStudy(await openStudy(ctx.disk, file, flags.set))
    ctx.print(
      textTable(
        ['entry', 'value', 'from', 'what'],
        entries.map((e) => [e.path, short(e.value), e.from, e.description]),
      ),
    )
    ctx.printJson(entries)
    return EXIT.done
  })
}

const short = (text: string): string => (text.length <= 60 ? text : `${text.slice(0, 57)}...`)

export async function check(file: string, flags: ConfigFlags): Promise<void> {
  await runCommand(options(flags), async (ctx) => {
    const { study } = await openStudy(ctx.disk, file, flags.set)
    ctx.print(`${file}: a sound study file (${study.folds.length} folds, ${study.models.length} models)`)
    ctx.printJson({ study: study.study, problems: [] })
    return EXIT.done
  })
}

export async function schema(flags: ConfigFlags): Promise<void> {
  await runCommand(options(flags), async (ctx) => {
    const text = `${stableJson(studyJsonSchema() as Json, 2)}\n`
    if (flags.out === undefined) process.stdout.write(text)
    else {
      await ctx.disk.writeAtomic(resolve(flags.out), text)
      ctx.print(`schema: ${resolve(flags.out)}`)
    }
    return EXIT.done
  })
}
