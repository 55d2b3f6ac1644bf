// npm run golden -- FOLDER [--only GROUP]: see docs/golden.md.
import { register } from 'node:module';

register('../support/typescriptHooks.mjs', import.meta.url);
const { main } = await import('./runner/main.ts');
process.exitCode = await main(process.argv.slice(2));
