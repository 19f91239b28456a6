import { Command } from 'commander'
import { runCommand } from '../dist/context.js'
import { addTuneBotOptions as addBotOptions, runTuneBot as runTrainBot } from '../dist/lib/train-bot-tune.js'
const c=addBotOptions(new Command('bot')).action(o=>runCommand({command:'train bot',dataDir:o.modelsDir,json:o.json,wait:o.wait,lock:true},ctx=>runTrainBot(o,ctx)))
await c.parseAsync(process.argv)
